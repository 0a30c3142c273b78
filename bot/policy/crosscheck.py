"""Floor 0: what must hold between the parts of a policy, checked on the tree: each problem has its place.

- What is named exists: owners, priorities, kinds, commands.
- A label means one thing, and so does a name that people write (`/route NAME`, answers in the template).
Values of a wrong type are passed over: the schema says that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.policy.problems import Path, Position, Problem, show_path
from bot.policy.tree import Node

# Keys of `commands.permissions`: a typo there would silently leave a command at the default role.
COMMANDS = (
    *("ack", "check", "customer", "docs", "emergency", "handoff", "help", "kind", "owner", "priority"),
    *(
        "publish",
        "publish confirm",
        "resolved",
        "resume",
        "route",
        "snooze",
        "undo",
        "unsnooze",
        "waiting",
        "why",
    ),
)

_ANY = "*"
_REFERENCES = (
    ("default_priority", "priorities"),
    ("priorities.*.kinds.*", "kinds"),
    ("routing.areas.*.team", "teams"),
    ("routing.exceptions.*.team", "teams"),
    ("routing.exceptions.*.also.*", "teams"),
    ("routing.beta.*.team", "teams"),
    ("routing.alerts.owners.*.team", "teams"),
    ("routing.alerts.owners.*.among.*", "teams"),
    ("routing.rules.*.all.*", "routing.lists"),
    ("routing.rules.*.unless.*", "routing.lists"),
    ("intake.extension_team", "teams"),
    ("publish.leave_out.*", "intake.fields"),
    ("intake.fields.*.kinds.*", "kinds"),
    ("intake.fields.*.also_in", "intake.fields"),
    ("intake.recognition.signature.*", "intake.fields"),
    ("clocks.teams.*.*", "clocks.offices"),
    ("clocks.support.*", "clocks.offices"),
    ("support.emergency", "support.paging"),
)
_KEY_REFERENCES = (
    ("routing.rules.*.gives", "routing.areas"),
    ("routing.learned", "routing.areas"),
    ("routing.alerts.table.*", "routing.alerts.owners"),
    ("routing.alerts.panels.*", "routing.alerts.owners"),
    ("clocks.teams", "teams"),
    ("clocks.priorities", "priorities"),
)
_LABELS = (
    *("teams.*.label", "teams.*.label_aliases.*", "priorities.*.label", "priorities.*.aliases.*"),
    *("kinds.*.label", "labels.needs_info", "digest.label"),
)
_NAMES = {
    "teams": ("name", "label", "label_aliases.*", "aliases.*"),
    "priorities": ("label", "aliases.*", "names.*"),
    "kinds": ("name", "names.*"),
}


def crosscheck(tree: Node) -> list[Problem]:
    """Every contradiction between the parts of a policy; none when it is consistent."""
    return [*_references(tree), *_unique(tree, _labels(tree)), *_ambiguous_names(tree), *_commands(tree)]


def _references(tree: Node) -> Iterator[Problem]:
    """What is named must be there; when an override deleted it, the deletion is pointed at."""
    for path, at, name, section in _named(tree):
        where = tuple(section.split("."))
        found = next((node for _, node in _walk(tree, section)), None)
        if found is None or name in found.entries() or not isinstance(found.value, dict):
            continue
        if name in found.gone:
            message = f"still named by {show_path(path)}, so it cannot be deleted"
            yield Problem(found.gone[name], (*where, name), message)
        else:
            yield Problem(at, path, f"not one of `{section}`", name, found.value.keys(), name)


def _named(tree: Node) -> Iterator[tuple[Path, Position, str, str]]:
    """Each name of something else: where it stands, the name, and the mapping that must have it."""
    for pattern, section in _REFERENCES:
        for path, node in _walk(tree, pattern):
            if name := _text(node):
                yield path, node.at, name, section
    for pattern, section in _KEY_REFERENCES:
        for path, mapping in _walk(tree, pattern):
            for name, node in mapping.entries().items():
                yield (*path, name), node.key_at or node.at, name, section


def _labels(tree: Node) -> Iterator[tuple[Path, Node, str]]:
    """Each label with its place; GitHub compares label names without case."""
    for pattern in _LABELS:
        for path, node in _walk(tree, pattern):
            if label := _text(node):
                yield path, node, label.casefold()


def _ambiguous_names(tree: Node) -> Iterator[Problem]:
    """One name, one meaning, within teams, within priorities and within kinds."""
    for section, patterns in _NAMES.items():
        written: list[tuple[Path, Node, str]] = [
            ((section, id_), node, id_) for id_, node in tree.entries(section).items()
        ]
        for pattern in patterns:
            for path, node in _walk(tree, f"{section}.{_ANY}.{pattern}"):
                if name := _text(node):
                    written.append((path, node, name.lstrip("@#").casefold()))
        yield from _unique(tree, written)


def _unique(tree: Node, written: Iterable[tuple[Path, Node, str]]) -> Iterator[Problem]:
    """One name for two things. Of the two places the override's is pointed at, or else the later one."""
    first: dict[str, tuple[Path, Node]] = {}
    for path, node, name in written:
        other_path, other = first.setdefault(name, (path, node))
        if path[:2] == other_path[:2]:
            continue
        if other.at.file == tree.at.file != node.at.file:
            path, node, other_path = other_path, other, path
        message = f"already means {show_path(other_path[:2])}"
        yield Problem(_place(node), path, message, name if isinstance(node.value, dict) else node.value)


def _commands(tree: Node) -> Iterator[Problem]:
    """Permissions and the author's rights speak of commands that exist."""
    allowed = ("default", *COMMANDS)
    for name, node in tree.entries("commands", "permissions").items():
        if name not in allowed:
            path: Path = ("commands", "permissions", name)
            yield Problem(_place(node, key=True), path, "no such command", allowed=allowed, typed=name)
    for path, node in _walk(tree, "commands.author.*"):
        name = _text(node) or COMMANDS[0]
        if name not in COMMANDS:
            yield Problem(node.at, path, "no such command", name, COMMANDS, name)


def _walk(tree: Node, pattern: str) -> Iterator[tuple[Path, Node]]:
    """Every value that a dotted pattern leads to, with its path; `*` stands for any key or item."""
    found: list[tuple[Path, Node]] = [((), tree)]
    for step in pattern.split("."):
        found = [
            ((*path, key), child)
            for path, node in found
            for key in (_keys(node) if step == _ANY else (step,))
            if (child := node.child(key)) is not None
        ]
    yield from found


def _keys(node: Node) -> Iterable[str | int]:
    if isinstance(node.value, dict):
        return tuple(node.value)
    return range(len(node.value)) if isinstance(node.value, list) else ()


def _text(node: Node) -> str | None:
    return node.value.strip() if isinstance(node.value, str) else None


def _place(node: Node, *, key: bool = False) -> Position:
    return node.key_at if node.key_at is not None and (key or isinstance(node.value, dict)) else node.at
