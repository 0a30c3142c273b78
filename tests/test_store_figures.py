"""The facts that are kept for the figures, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from databases import Machines
from figure_facts import REPOSITORY, ask, at, request

from bot.figure_seal import Titles
from bot.model import IssueKey
from bot.store import Store
from bot.store_figures import FigureStore
from bot.tables import STEPS, figures, migrate, schema_version

KEY = b"0123456789abcdef"
ONE = request("11-02 09:00", tickets=(7,), asks=(ask("11-02 09:00", "11-02 10:00", due="11-03 09:00"),))
TWO = request("11-03 09:00", title="Ωmega “quoted” \\ and 'single'")


@pytest.fixture
def store(machines: Machines) -> FigureStore:
    return FigureStore(machines.open(), KEY)


async def test_facts_are_read_back_as_they_were(store: FigureStore) -> None:
    """One, many, or none; names compare in any case."""
    assert (None, ()) == (await store.get(ONE.key), await store.load(REPOSITORY))
    await store.save([ONE, TWO])
    assert (ONE, TWO) == (await store.get(ONE.key), await store.get(TWO.key))
    assert {ONE, TWO} == set(await store.load(REPOSITORY.upper()))
    assert ONE == await store.get(IssueKey("SourceGraph", "Customer", ONE.key.number))
    assert () == await store.load("sourcegraph/other")


async def test_a_change_is_seen_by_whoever_has_loaded_them(machines: Machines) -> None:
    """By the same process and by another one; what is as it was is not parsed again."""
    mine, theirs = FigureStore(machines.open(), KEY), FigureStore(machines.open(), KEY)
    await mine.save([ONE, TWO])
    before = await theirs.load(REPOSITORY)
    assert before is await theirs.load(REPOSITORY)
    changed = replace(ONE, title="Another title")
    machines.clock.advance(3600)
    await mine.save([changed, TWO])
    after = await theirs.load(REPOSITORY)
    assert {changed, TWO} == set(after) == set(await mine.load(REPOSITORY))
    assert next(one for one in before if one == TWO) is next(one for one in after if one == TWO)


async def test_what_is_forgotten_goes_from_what_was_loaded(machines: Machines) -> None:
    mine, theirs = FigureStore(machines.open(), KEY), FigureStore(machines.open(), KEY)
    await mine.save([ONE, TWO])
    await theirs.load(REPOSITORY)
    await mine.forget([ONE.key])
    assert [TWO] == list(await theirs.load(REPOSITORY)) == list(await mine.load(REPOSITORY))
    assert await mine.get(ONE.key) is None


@pytest.mark.parametrize("key", [b"", b"another key"], ids=["no key", "another key"])
async def test_titles_are_read_with_the_key_alone(machines: Machines, key: bytes) -> None:
    """In the database they are sealed; the same title is the same text, so that nothing changes by itself."""
    await FigureStore(machines.open(), KEY).save([TWO])
    rows = await machines.open().run(lambda c: list(c.execute(sa.select(figures.c.facts))))
    assert "mega" not in str(rows)
    await FigureStore(machines.open(), KEY).save([TWO])
    assert rows == await machines.open().run(lambda c: list(c.execute(sa.select(figures.c.facts))))
    assert replace(TWO, title="") == await FigureStore(machines.open(), key).get(TWO.key)


async def test_a_title_of_another_row_is_no_title(machines: Machines) -> None:
    """Whoever can write the database cannot move one."""
    sealed = Titles(KEY).sealed("words", "a/b#1")
    assert ("words", "", "") == (
        Titles(KEY).opened(sealed, "a/b#1"),
        Titles(KEY).opened(sealed, "a/b#2"),
        Titles(KEY).opened("no seal", "a/b#1"),
    )


async def test_a_commit_that_becomes_visible_late_is_not_missed(machines: Machines) -> None:
    """Two replicas: the one that began first commits last."""
    store = FigureStore(machines.open(), KEY)
    machines.clock.advance(10)
    await store.save([TWO])
    await store.load(REPOSITORY)
    machines.clock.advance(-5)
    await store.save([ONE])
    assert {ONE, TWO} == set(await store.load(REPOSITORY))


async def test_facts_of_an_older_program_are_read_again(store: FigureStore) -> None:
    """They count no more, and the next pass reads the issue, as it does where only a part was seen."""
    partial = replace(TWO, partial=True)
    await store.save([ONE, partial])
    assert (TWO.key,) == await store.unread(REPOSITORY)
    old = figures.update().where(figures.c.key == str(ONE.key)).values(version=0, facts="{}")
    await store.db.run(lambda connection: connection.execute(old))
    assert [partial] == list(await store.load(REPOSITORY))
    assert await store.get(ONE.key) is None
    assert {ONE.key, TWO.key} == set(await store.unread(REPOSITORY))
    await store.save([ONE])
    assert ONE == await store.get(ONE.key)


async def test_how_far_the_history_was_read_never_moves_back(store: FigureStore) -> None:
    assert await store.read_until(REPOSITORY) is None
    await store.set_read_until(REPOSITORY, at("11-03 09:00"))
    await store.set_read_until(REPOSITORY, at("11-02 09:00"))
    assert at("11-03 09:00") == await store.read_until(REPOSITORY)
    assert await Store(store.db).caught_up(REPOSITORY) is None  # a mark of its own


async def test_a_database_of_before_the_figures_gets_their_table(machines: Machines) -> None:
    """Step by step, keeping what is there."""
    store = FigureStore(machines.open(), KEY)
    version = next(n for n, step in enumerate(STEPS, 1) if "figures" in step.__code__.co_names)

    def older(connection: sa.Connection) -> None:
        figures.drop(connection)
        connection.execute(schema_version.update().values(version=version))
        migrate(connection)

    await store.db.run(older)
    await store.save([ONE])
    assert [ONE] == list(await store.load(REPOSITORY))
