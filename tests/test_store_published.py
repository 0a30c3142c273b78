"""What the database knows of public issues: which private one each came of, and when to look again."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.db import open_database
from bot.model import IssueKey
from bot.store import Store
from bot.store_published import Known, PublishedStore

AT = datetime(2026, 11, 17, 15, tzinfo=UTC)
KEY, PUBLIC = IssueKey("acme", "private", 7), IssueKey("Acme", "Public", 3)


async def test_an_event_leads_to_the_private_issue_until_it_was_read() -> None:
    """In any spelling, as GitHub may spell the repository otherwise than the policy."""
    db = open_database("sqlite://")
    records = PublishedStore(db)
    assert await records.changed(PUBLIC, AT) is None
    assert await records.get(KEY) is None
    await records.put(KEY, Known("acme/public#3", "open", AT))
    assert KEY == await records.changed(PUBLIC, AT)
    assert Known("acme/public#3", "open", AT, AT) == await records.get(KEY)
    await records.put(KEY, Known("acme/public#3", "completed", AT))
    assert Known("acme/public#3", "completed", AT) == await records.get(KEY)
    await Store(db).forget_issue(KEY)
    assert await records.changed(PUBLIC, AT) is None
    await db.close()
