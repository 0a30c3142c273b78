"""Floor 0: YAML as a tree that knows where everything stands.

It reads the plain part of YAML, as YAML 1.2 does: ``true``/``false``, ``null``, numbers and text. So ``no``,
``on`` and ``1:30`` are text, a date is text, and a key is always text. Refused, each with its position:
duplicate keys, anchors and aliases (nothing can be expanded, so a small file stays small), tags, several
documents, more than 256 KiB, nesting deeper than 32. Reading is iterative, over the parser's events: no input
exhausts the stack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import yaml

from bot.policy.problems import Path, Position, Problem, Scalar

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.2.2/#1032-tag-resolution, without octal and hexadecimal numbers
_NULL = re.compile(r"\A(?:null|Null|NULL|~|)\Z")
_BOOL = re.compile(r"\A(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"\A[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"\A[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
# https://yaml.org/spec/1.2.2/#51-character-set
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Node:
    """A value and where it stands; `key_at`: where its key stands; `gone`: where an override deleted keys."""

    value: Scalar | list[Node] | dict[str, Node]
    at: Position
    key_at: Position | None = None
    gone: dict[str, Position] = field(default_factory=dict)

    def plain(self) -> object:
        """The value alone, as JSON knows it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, key: str | int) -> Node | None:
        """The entry of a mapping or the item of a list, None when there is none."""
        if isinstance(self.value, dict):
            return self.value.get(key) if isinstance(key, str) else None
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None

    def entries(self, *path: str) -> dict[str, Node]:
        """The entries of the mapping at `path`; none when there is no such mapping."""
        node: Node | None = self
        for key in path:
            node = node.child(key) if node else None
        return node.value if node and isinstance(node.value, dict) else {}


def merge(base: Node, over: Node, nullable: Callable[[Path], bool], path: Path = ()) -> Node:
    """`over` laid over `base`: mappings key by key, the rest replaced, null deletes (see `load.py`)."""
    if not isinstance(over.value, dict):
        return over
    old = base.value if isinstance(base.value, dict) else {}
    merged, gone = dict(old), dict(base.gone)
    for key, node in over.value.items():
        here = (*path, key)
        if node.value is None and key in old and not nullable(here):
            del merged[key]
            gone[key] = node.at
        else:
            merged[key] = merge(old.get(key, Node({}, node.at)), node, nullable, here)
    if merged.keys() <= over.value.keys():
        merged = {key: merged[key] for key in over.value if key in merged}
    return Node(merged, over.at, over.key_at, gone)


def compose(source: str | bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML text (bytes: UTF-8), None when it is empty or unreadable, and every problem met."""
    text, problem = _text(source, file)
    if problem := problem or _unreadable(text, file):
        return None, [problem]
    composer = _Composer(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if not composer.take(event):
                return None, composer.problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        return None, [*composer.problems, Problem(_position(file, mark), (), f"not valid YAML: {what}")]
    root = composer.root
    return (root if root and root.value is not None else None), composer.problems


def _position(file: str, mark: Any) -> Position:
    """The parser counts lines and columns from zero."""
    return Position(file, mark.line + 1, mark.column + 1) if mark else Position(file, 1, 1)


def _text(source: str | bytes, file: str) -> tuple[str, Problem | None]:
    """The text of a file that is small enough to be a policy; a byte order mark is passed over."""
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        return "", Problem(Position(file, 1, 1), (), f"larger than {MAX_BYTES // 1024} KiB")
    try:
        text = raw.decode() if isinstance(source, bytes) else source
    except UnicodeDecodeError as error:
        column = error.start - raw.rfind(b"\n", 0, error.start)
        return "", Problem(Position(file, raw.count(b"\n", 0, error.start) + 1, column), (), "not UTF-8")
    return text.removeprefix("\ufeff"), None


def _unreadable(text: str, file: str) -> Problem | None:
    """Refuse characters that YAML forbids here: the parser's two implementations differ on them."""
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    before = text[: found.start()]
    at = Position(file, before.count("\n") + 1, found.start() - before.rfind("\n"))
    return Problem(at, (), f"not valid YAML: the character U+{ord(found[0]):04X} is not allowed")


class _Composer:
    """Builds the tree from the parser's events, with its own stack."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._file = file
        self._open: list[tuple[Node, Path]] = []
        self._keys: list[tuple[str, Position] | None] = []  # of the open nodes: the key that awaits its value
        self._started = False

    def take(self, event: yaml.Event) -> bool:
        """Use one event; False when reading on makes no sense."""
        if isinstance(event, yaml.NodeEvent):
            return self._key(event) if self._awaits_key() else self._node(event)
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            if self._started:
                return self._refuse(event, (), "a second document; a policy is one")
            self._started = True
        return True

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0].value, dict) and self._keys[-1] is None

    def _key(self, event: yaml.NodeEvent) -> bool:
        """Remember a key until its value comes."""
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
            return self._refuse(event, self._open[-1][1], "a key must be plain text")
        self._keys[-1] = (event.value, self._at(event))
        return True

    def _node(self, event: yaml.NodeEvent) -> bool:
        """Put a value where it belongs, and open it when it is a mapping or a list."""
        at = self._at(event)
        if isinstance(event, yaml.ScalarEvent):
            node = Node(_scalar(event), at)
        elif isinstance(event, yaml.MappingStartEvent):
            node = Node({}, at)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Node([], at)
        else:  # an alias
            node = Node(None, at)
        path = self._place(node)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, path, "anchors and aliases are not used here; write the value out")
        elif getattr(event, "tag", None) is not None:
            self._refuse(event, path, "tags are not used here; quote what shall be text")
        if isinstance(event, yaml.CollectionStartEvent):
            self._open.append((node, path))
            self._keys.append(None)
            if len(self._open) > MAX_DEPTH:
                return self._refuse(event, path[:3], f"nested deeper than {MAX_DEPTH} levels")
        return True

    def _place(self, node: Node) -> Path:
        """Attach a node to what is open; its path is returned. Of two equal keys the first one stays."""
        if not self._open:
            self.root = node
            return ()
        (parent, path), key = self._open[-1], self._keys[-1]
        if isinstance(parent.value, dict) and key is not None:
            name, node.key_at = key
            self._keys[-1] = None
            first = parent.value.setdefault(name, node)
            if first is not node and first.key_at is not None:
                line = first.key_at.line
                self.problems.append(Problem(node.key_at, (*path, name), f"key already set in line {line}"))
            return (*path, name)
        items = cast("list[Node]", parent.value)
        items.append(node)
        return (*path, len(items) - 1)

    def _at(self, event: yaml.Event) -> Position:
        return _position(self._file, event.start_mark)

    def _refuse(self, event: yaml.Event, path: Path, message: str) -> Literal[False]:
        self.problems.append(Problem(self._at(event), path, message))
        return False


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    """What a scalar means. Quoted and block scalars are text."""
    text = event.value
    plain, _ = event.implicit
    if not plain:
        return text
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text in ("true", "True", "TRUE")
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text) and math.isfinite(float(text)):
        return float(text)
    return text
