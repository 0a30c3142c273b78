"""Floor 1: a report as markdown, HTML, CSV and JSON. Titles are people's words: each form escapes its way."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape as html_escape
from typing import Any

from bot import plots
from bot.figure_report import title
from bot.figure_table import Cell, Link, Section, Table, Words
from bot.markdown import escape
from bot.model import IssueKey
from bot.plots import Series
from bot.policy.schema import Policy
from bot.rules.figures.report import Line, Report, Share

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


# ── markdown ────────────────────────────────────────────────────────────────────────────────


def markdown(report: Report, sections: Iterable[Section]) -> str:
    """For a terminal, an issue, or the summary of a job."""
    return "\n\n".join([f"# {title(report)}", *map(markdown_section, sections)]) + "\n"


def markdown_section(section: Section) -> str:
    return "\n\n".join([f"## {section.title}", *section.text, *map(markdown_table, section.tables)])


def markdown_table(table: Table) -> str:
    lines = [table.head, tuple(":---" if n == 0 else "---:" for n, _ in enumerate(table.head))]
    rows = [tuple(map(_markdown_cell, row)) for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (*lines, *rows))


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        return f"[{cell.text}]({cell.url})"
    return escape(cell.text) if isinstance(cell, Words) else cell.replace("|", "\\|")


# ── HTML ────────────────────────────────────────────────────────────────────────────────────

_STYLE = """
:root { --text: #1d232b; --soft: #5c6673; --line: #dde1e7; --bad: #b3261e; --good: #1a7f37;
  --ground: #ffffff; --p1: #2563c9; --p2: #b4540a; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --text: #dfe5ec; --soft: #9aa6b4; --line: #38434f; --bad: #ff8a80; --good: #6fdd8b;
    --ground: #191f27; --p1: #7db0ff; --p2: #f0a35e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p { max-width: 46rem; color: var(--soft); margin: .4rem 0; }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; color: var(--soft); }
td.met { color: var(--good); } td.not { color: var(--bad); font-weight: 600; }
a { color: var(--p1); } figure { display: inline-block; margin: 0 2rem 1rem 0; }
figcaption { font-weight: 600; } figure svg { max-width: 100%; height: auto; }
"""


def html(report: Report, sections: Sequence[Section], policy: Policy) -> str:
    """A page by itself: no script, nothing fetched; light and dark. Raises ImportError without the extra."""
    body = [f"<h1>{html_escape(title(report))}</h1>"]
    for number, section in enumerate(sections):
        body.append(f"<h2>{html_escape(section.title)}</h2>")
        body += [f"<p>{html_escape(text)}</p>" for text in section.text]
        body += map(_html_table, section.tables)
        if number == 0:
            body += [_figure(caption, plots.svg(spec)) for caption, spec in pictures(report, policy)]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html_escape(title(report))}</title><style>{_STYLE}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def pictures(report: Report, policy: Policy) -> list[tuple[str, plots.Spec]]:
    """The two goals over the weeks, where they are known for more than one."""
    goals = policy.goals
    needed = Series("needed", tuple((week.period.since, week.needed.value) for week in report.weeks))
    in_time = Series("in time", tuple((week.period.since, week.response.value) for week in report.weeks))
    found = []
    if _is_line(needed):
        spec = plots.trend([needed], percent=True, goal=goals.engineering_needed, at_most=True)
        found.append(("Tickets that needed engineering", spec))
    if _is_line(in_time):
        spec = plots.trend([in_time], percent=True, goal=goals.engineering_in_time)
        found.append(("First engineering response in time", spec))
    return found


def _is_line(series: Series) -> bool:
    """One point is no line."""
    return sum(value is not None for _, value in series.points) > 1


def _figure(caption: str, svg: str) -> str:
    """The numbers stand in the table of weeks: a screen reader needs the caption alone."""
    drawn = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
    return f"<figure><figcaption>{html_escape(caption)}</figcaption>{drawn}</figure>"


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{html_escape(name)}</th>' for name in table.head)
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _html_cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        url = cell.url if cell.url.startswith(("https://", "http://")) else ""
        return f'<td><a href="{html_escape(url)}">{html_escape(cell.text)}</a></td>'
    if isinstance(cell, Words):
        return f"<td>{html_escape(cell.text)}</td>"
    kind = {"✓": ' class="met"', "✗": ' class="not"'}.get(cell, "")
    said = {"✓": "✓ met", "✗": "✗ not met"}.get(cell, cell)
    return f"<td{kind}>{html_escape(said)}</td>"


# ── for programs ────────────────────────────────────────────────────────────────────────────


def as_csv(report: Report) -> str:
    """The requests filed in the period, a row each, for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = [field.name for field in dataclasses.fields(Line)]
    writer.writerow(names)
    for line in report.filed:
        writer.writerow([_csv_cell(getattr(line, name)) for name in names])
    return out.getvalue()


def _csv_cell(value: object) -> str:
    text = " ".join(str(one) for one in value) if isinstance(value, tuple) else _text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def as_json(report: Report) -> str:
    """Everything, with each share's value and whether its goal is met."""
    return json.dumps(_plain(report), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, IssueKey):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        found = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return found | ({"value": value.value, "met": value.met} if isinstance(value, Share) else {})
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
