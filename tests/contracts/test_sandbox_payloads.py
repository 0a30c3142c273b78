"""The sandbox's webhook payloads hold what all of GitHub's examples hold, in values of the same kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from sandbox_client import Bench, bench

from bot.sandbox.records import Issue

Examples = Mapping[str, Sequence[dict[str, Any]]]

_FREE = (".changes", ".permissions")  # what stands in them depends on the act and on the App


def _missing(examples: Sequence[Any], ours: Any, where: str) -> Iterator[str]:
    """Keys that all examples share and ours lacks; values of a kind that no example has."""
    kinds = {type(one) for one in examples}
    if ours is not None and type(None) not in kinds and type(ours) not in kinds:
        yield f"{where} is {type(ours).__name__}, theirs {sorted(kind.__name__ for kind in kinds)}"
    if isinstance(ours, dict) and kinds == {dict} and not where.endswith(_FREE):
        shared = set.intersection(*(set(one) for one in examples))
        for key in sorted(shared):
            if key in ours:
                yield from _missing([one[key] for one in examples], ours[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is missing"


def _rename(gh: Bench, _: Issue) -> None:
    gh.world.rename_label(gh.repo, "rfh", "help", "max")


ACTS: dict[str, Callable[[Bench, Issue], object]] = {
    "issues.opened": lambda gh, _: gh.world.file_issue(gh.repo, "sam", "t", "b"),
    "issues.edited": lambda gh, issue: gh.world.edit_issue(issue, "sam", title="new", body="new"),
    "issues.labeled": lambda gh, issue: gh.world.add_label(issue, "team/search", "erin"),
    "issues.unlabeled": lambda gh, issue: gh.world.remove_label(issue, "rfh", "erin"),
    "issues.assigned": lambda gh, issue: gh.world.assign(issue, ["erin"], "sam"),
    "issues.closed": lambda gh, issue: gh.world.close(issue, "sam"),
    "issues.reopened": lambda gh, issue: (gh.world.close(issue, "sam"), gh.world.reopen(issue, "sam")),
    "issues.locked": lambda gh, issue: gh.world.lock(issue, "max", "spam"),
    "issues.deleted": lambda gh, issue: gh.world.delete_issue(issue, "max"),
    "issues.transferred": lambda gh, issue: gh.world.transfer(issue, gh.world.create_repo("acme/o"), "max"),
    "issue_comment.created": lambda gh, issue: gh.world.comment(issue, "sam", "c"),
    "issue_comment.edited": lambda gh, issue: gh.world.edit_comment(
        gh.world.comment(issue, "sam", "c"), "sam", "d"
    ),
    "issue_comment.deleted": lambda gh, issue: gh.world.delete_comment(
        gh.world.comment(issue, "sam", "c"), "sam"
    ),
    "label.created": lambda gh, _: gh.world.create_label(gh.repo, "new", actor="max"),
    "label.edited": _rename,
    "label.deleted": lambda gh, _: gh.world.delete_label(gh.repo, "rfh", "max"),
    "push": lambda gh, _: gh.world.put_file(gh.repo, "a.yml", "a: 1", "max", "message"),
    "installation.suspend": lambda gh, _: gh.gh.suspend(gh.installation),
    "installation.deleted": lambda gh, _: gh.gh.uninstall(gh.installation),
    "ping": lambda gh, _: gh.gh.hooks.ping(),
}


@pytest.mark.parametrize("name", ACTS)
async def test_each_payload_has_what_githubs_examples_share(webhook_examples: Examples, name: str) -> None:
    """Compared with the examples of the same action where there are any, else with all of the event."""
    event, _, action = name.partition(".")
    gh = bench()
    issue = gh.world.file_issue(gh.repo, "sam", "t", "b", ["rfh"])
    gh.gh.hooks.deliveries.clear()
    ACTS[name](gh, issue)
    sent = [one for one in gh.gh.hooks.deliveries if (one.event, one.action or "") == (event, action)]
    await gh.gh.settle()
    # Of an installation there is one example per action, each by another App with times of another kind.
    alike = event == "installation"
    examples = [one for one in webhook_examples[event] if alike or one.get("action", "") == action]
    payload = json.loads(sent[0].body)
    assert payload.get("action", "") == action
    assert [] == list(_missing(examples or list(webhook_examples[event]), payload, name))


def test_the_comparison_sees_differences() -> None:
    """A missing key and a wrong kind, also deep inside, are named; what only some examples have is free."""
    examples = [{"a": {"b": 1}, "c": "x", "d": 1}, {"a": {"b": 2}, "c": "y"}]
    assert [] == list(_missing(examples, {"a": {"b": 3}, "c": "z"}, "e"))
    assert ["e.a.b is missing", "e.c is int, theirs ['str']"] == list(
        _missing(examples, {"a": {}, "c": 1}, "e")
    )
