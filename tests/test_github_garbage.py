"""Whatever comes back, only our errors leave, and nothing of what came back is in them."""

from __future__ import annotations

import json
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from github_wire import Clock, Reply, Wire, github
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import RfhError
from bot.github.apply import apply, reread_comment
from bot.github.client import GitHub
from bot.github.load import load
from bot.github.lookup import Catalogues, account_exists, file_text, issues_updated_since, role
from bot.model import (
    Actor,
    AddLabels,
    Assign,
    CreateComment,
    CreateLabel,
    DeleteComment,
    Issue,
    IssueKey,
    Label,
    MirroredCard,
    React,
    Repository,
    Snapshot,
    UpdateComment,
)

CANARY = "acme-corp-secret"
KEY = IssueKey("o", "r", 7)
AT = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
SNAPSHOT = Snapshot(
    Repository("o", "r", 11, "R_1", private=True),
    Issue(7, 70, "I_7", CANARY, CANARY, "OPEN", None, AT, AT),
    Actor("rfh-bot", 99, "Bot"),
)
ACTIONS = [
    CreateLabel("x", "c5def5", CANARY),
    AddLabels((Label("LA_1", "x"),)),
    Assign(("alice",)),
    CreateComment("reply:5", CANARY),
    UpdateComment(4, "IC_4", CANARY),
    React(5, "IC_5", "EYES"),
    DeleteComment(6, "IC_6"),
]


async def free(begun: bool = False, /) -> None:
    """`before_write` of a run whose claim holds."""


async def changed(gh: GitHub) -> None:
    async for _ in issues_updated_since(gh, "o", "r", AT):
        pass


CALLS: dict[str, Callable[[GitHub], Awaitable[Any]]] = {
    "load": lambda gh: load(gh, KEY, mirror=MirroredCard(4, "IC_4", 1, "m"), floor_of=lambda _: None),
    "apply": lambda gh: apply(gh, SNAPSHOT, ACTIONS, before_write=free),
    "reread": lambda gh: reread_comment(gh, "IC_4"),
    "labels": lambda gh: Catalogues().get(gh, "o", "r"),
    "role": lambda gh: role(gh, KEY, "alice"),
    "account": lambda gh: account_exists(gh, "alice"),
    "file": lambda gh: file_text(gh, "o", "r", "x.yml"),
    "changed": changed,
}

LEAVES = st.sampled_from([None, True, 0, -1, 1.5, "", CANARY, f"{CANARY} rate limit"])
WORDS = """data errors message type path extensions code repository issue node labels nodes pageInfo card
hasNextPage viewer w0 encoding content pull_request"""
NAMES = st.sampled_from(WORDS.split())
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner), max_leaves=12
)
GRAPHQL = st.fixed_dictionaries({}, optional={"data": JSON, "errors": st.lists(JSON, max_size=2) | JSON})
STATUS = st.sampled_from([200, 200, 201, 204, 301, 304, 401, 403, 404, 410, 422, 429, 500, 502, 520, 999])
HEADERS = st.dictionaries(
    st.sampled_from(
        ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "etag", "link"]
    ),
    st.sampled_from(["", "0", "1", "-5", "1714997100", "99999999999999", CANARY]),
)
TYPES = st.sampled_from(["application/json", "application/json; charset=utf-8", "text/html", CANARY, ""])


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    body = draw(
        (GRAPHQL | JSON).map(lambda payload: json.dumps(payload).encode()) | st.just(f"<{CANARY}>".encode())
    )
    return draw(STATUS), draw(HEADERS) | {"content-type": draw(TYPES)}, body


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=25, deadline=None)
@given(answer=replies())
async def test_garbage_is_our_error_and_is_not_told(call: str, answer: Reply) -> None:
    """Broken proxies, half answers, limits with nonsense for numbers: a run fails safely, and quietly."""
    wire = Wire(lambda _: answer if len(wire.sent) < 8 else (500, {}, b""))
    try:
        await CALLS[call](github(wire, now=Clock()))
    except RfhError as error:
        assert CANARY not in "".join(traceback.format_exception(error))  # noqa: PT017  # either outcome is fine
