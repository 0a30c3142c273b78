"""What holds for the intake rule whatever the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_bodies import COMPLETE, POLICY, RULE, check, markdown

from bot.rules.intake import Template

_LINES = st.one_of(
    st.sampled_from([field.label for field in POLICY.intake.fields.values()]).flatmap(
        lambda label: st.sampled_from(
            [f"**{label}:** x", f"### {label}", f"{label}: 3.4", f"- **{label}**", label]
        )
    ),
    st.sampled_from(
        [
            *(
                "<!-- rfh-bot:cs-new-issue -->",
                "<!--",
                "-->",
                "```",
                "> quote",
                "“we need you please now”",
                "- [ ] a",
            ),
            *(
                "- [x] Defect",
                "cs/p1",
                "3.43.2",
                "latest",
                "",
                "    code",
                "| a |",
                "|---|",
                "---",
                "<details>",
                "***",
            ),
            *("https://docs.google.com/d/1", "http://[x", "Customer said:", "_No response_", "# H", "#48211"),
        ]
    ),
    st.text(max_size=12),
)
_BODIES = st.lists(_LINES, max_size=25).map("\n".join)


def _values(template: Template) -> dict[str, tuple[int, str]]:
    return {id_: (answer.line, answer.text) for id_, answer in template.fields.items()}


@settings(max_examples=150)
@given(_BODIES)
def test_any_text_is_judged(body: str) -> None:
    """Never raises; gaps come in the template's order, with a reason and text to paste, once per field."""
    intake = check(body)
    order = list(POLICY.intake.fields)
    positions = [order.index(each.field) for each in intake.gaps]
    assert sorted(set(positions)) == positions
    assert all(each.reason and each.paste for each in intake.gaps)
    assert not {each.field for each in intake.missing} & set(intake.values)
    assert all(
        1 <= number <= len(body.split("\n")) + body.count("\r")
        for each in intake.gaps
        for number in each.lines
    )


@settings(max_examples=100)
@given(_BODIES.map(lambda body: body.replace("\r", "")))
def test_crlf_changes_nothing(body: str) -> None:
    crlf = body.replace("\n", "\r\n")
    assert _values(RULE.parse(body)) == _values(RULE.parse(crlf))
    assert check(body) == check(crlf)


@given(st.permutations(list(COMPLETE)))
def test_the_order_of_the_fields_does_not_matter(order: list[str]) -> None:
    body = "\n\n".join(f"**{label}:** {COMPLETE[label]}" for label in order)
    assert (check(markdown()).values, ()) == (check(body).values, check(body).missing)


@pytest.mark.parametrize("body", ["\ud800", "\0", "**Kind:** \udfff", "x" * 65_536], ids=ascii)
def test_odd_text_is_judged(body: str) -> None:
    assert () == check(body).gaps


@pytest.mark.parametrize(
    "unit",
    [
        "**Kind:** a\n",
        "### Kind\n",
        "“we\n",
        "Customer said:\n",
        "# a\n",
        "- [ ] a\n",
        "```\n\n```\n",
        "<!-- a -->\n",
        "#1 ",
        "p1 ",
    ],
)
def test_the_work_grows_with_the_text(unit: str) -> None:
    """Four times the text takes about four times as long, not sixteen."""

    def seconds(body: str) -> float:
        begin = time.process_time()
        check(body, labels=("rfh",))
        return time.process_time() - begin

    small = unit * (2_500 // len(unit))
    least = min(seconds(small) for _ in range(3))
    assert seconds(small * 4) < 10 * least + 0.05
