"""Floor 2: tells the author of a broken policy where it is broken: a check run on the commit and its PR."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.github.client import GitHub
from bot.github.documents import CREATE_CHECK_RUN

CHECK_NAME = "rfh-bot policy"
MAX_ANNOTATIONS = 50  # "maximum of 50 annotations per API request" (REST, Create a check run)
_PROBLEM = re.compile(
    r"\A(?P<path>[^:\n]+):(?P<line>[0-9]+):(?P<column>[0-9]+): (?P<message>.+)\Z", re.DOTALL
)


async def report_policy(
    gh: GitHub, owner: str, repo: str, sha: str, problems: Sequence[str], *, title: str, summary: str
) -> None:
    """Set the check of commit `sha`: failed with `problems` as annotations, or passed when there are none.

    `problems` are lines ``file:line:column: message`` (those of a PolicyError); a line without a place counts
    and is not annotated. Needs `auth.REPORT`. Raises Transient, Forbidden, UnexpectedStatus.
    """
    body: dict[str, Any] = {
        "name": CHECK_NAME,
        "head_sha": sha,
        "status": "completed",
        "conclusion": "failure" if problems else "success",
        "output": {
            "title": title,
            "summary": summary,
            "annotations": [_annotation(m) for p in problems if (m := _PROBLEM.match(p))][:MAX_ANNOTATIONS],
        },
    }
    await gh.rest(CREATE_CHECK_RUN, body, owner=owner, repo=repo)


def _annotation(problem: re.Match[str]) -> dict[str, Any]:
    line, column = max(1, int(problem["line"])), max(1, int(problem["column"]))
    return {
        "path": problem["path"],
        "start_line": line,
        "end_line": line,
        "start_column": column,
        "end_column": column,
        "annotation_level": "failure",
        "message": problem["message"],
    }
