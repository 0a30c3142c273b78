"""Floor 1: the words about changes of the policy: check runs, and the issue about a broken one.

Numbers of issues, teams and the policy's own lines; never a word of an issue.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.rules.routing_effect import Effect, Verdict

MARKER = "<!-- rfh-bot:policy-broken -->"
MOST_ROWS = 100
MOST_PROBLEMS = 50
STAYS = "The last good policy stays in force."
WOULD_STAY = "Merged like this, it would not load: the last good policy would stay in force."


def checked(problems: int, *, in_force: bool) -> tuple[str, str]:
    """Title and summary of the check run on a commit of the default branch."""
    if problems:
        return _problems(problems), STAYS
    return ("The policy is in force" if in_force else "The policy loads"), "Loaded and compiled."


def proposed(problems: int, effect: Effect | None) -> tuple[str, str]:
    """Title and summary of the check run on a commit of another branch. `effect` None: not to be seen."""
    if problems:
        return _problems(problems), WOULD_STAY
    if effect is None:
        return "The policy loads", "What it would change could not be looked up."
    return effect_title(effect), effect_summary(effect)


def effect_title(effect: Effect) -> str:
    """One line: of the last 200 issues, 14 would route differently."""
    if not effect.issues:
        return "The policy loads; there is no issue yet to compare by"
    what = "issue" if effect.issues == 1 else "issues"
    count = len(effect.changes) or "none"
    return f"Of the last {effect.issues} {what}, {count} would route differently"


def effect_summary(effect: Effect) -> str:
    """The changes as a table, by number."""
    if not effect.changes:
        return "Compared with the policy in force, by the issues' texts."
    rows = [
        f"| #{change.number} | {_verdict(change.before)} | {_verdict(change.after)} |"
        for change in effect.changes[:MOST_ROWS]
    ]
    more = len(effect.changes) - len(rows)
    lines = [
        "Compared with the policy in force, by the issues' texts.",
        "",
        "| Issue | Now | With this policy |",
    ]
    lines += ["|:--|:--|:--|", *rows, *(["", f"and {more} more"] if more else [])]
    return "\n".join(lines)


def broken_title(path: str) -> str:
    return f"rfh-bot: the policy in {path} does not load"


def broken_body(path: str, problems: Sequence[str]) -> str:
    """What stands in the issue; the policy's lines as code, so that they ping nobody."""
    shown = [f"    {' '.join(problem.split())}" for problem in problems[:MOST_PROBLEMS]]
    more = len(problems) - len(shown)
    lines = [f"`{path}` has {_problems(len(problems))}. {STAYS}", "", *shown]
    lines += [f"\nand {more} more"] if more else []
    return "\n".join([*lines, "", "This issue closes by itself once the file loads.", MARKER])


def mended_body(path: str) -> str:
    return f"`{path}` loads again, and is in force.\n{MARKER}"


def _problems(count: int) -> str:
    return f"{count} problem{'s' if count != 1 else ''}"


def _verdict(verdict: Verdict) -> str:
    match verdict.decision:
        case "apply":
            return f"`{verdict.team}`"
        case "suggest":
            return f"suggests `{verdict.team}`"
        case _:
            return "no team"
