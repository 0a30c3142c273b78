"""Publishing, end to end: act as people do, then look at both trackers."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE
from publish_support import Publication

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def ready(w: World, title: str = TITLE, body: str = COMPLETE) -> Publication:
    """An issue with a draft in which nothing is left to do."""
    p = Publication(w, w.file(title, body))
    await w.settle()
    await p.draft()
    await p.clean()
    return p


async def test_publish_confirm_creates_one_clean_public_issue() -> None:
    async with World() as w:
        p = await ready(w)
        print(p.comment.body)
        await p.confirm()
        print(p.card, w.replies(p.issue)[-1])
        (public,) = p.public
        print(public)
        assert "northmere" not in public.body.casefold()
        await w.assert_settled(p.issue)
