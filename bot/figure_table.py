"""Floor 1: what a report is made of before it has a format: sections, tables, and whose words they hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Words:
    """Somebody's words, to be escaped."""

    text: str


Cell = str | Link | Words


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """`text` are paragraphs above the tables."""

    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
