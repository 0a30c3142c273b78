"""The floors of the house: a module imports only floors below its own, and the pure ones nothing impure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot"
LONGEST = 350  # lines; longer ones are two ideas, but for these lists of small things
LISTS = {"bot.model": 400, "bot.github.documents": 440, "bot.sandbox.resolvers": 440}
THICK = {"bot.rules.privacy.secrets"}  # packages that hold more than names

# The longest prefix that fits decides; docs/architecture.md tells what the floors are.
FLOORS: dict[int, tuple[str, ...]] = {
    0: ("model", "policy", "markdown", "memory", "errors", "told", "standing", "publication"),
    1: (
        *("rules", "decide", "plan", "commands", "words", "card", "recall", "events"),
        *(
            "handbook",
            "suggest",
            "issue_templates",
            "replies",
            "plots",
            "figure_seal",
            "figure_words",
            "figure_digest",
            "figure_report",
            "figure_table",
            "figure_formats",
            "meter",
        ),
    ),
    2: (
        *(
            "reconciler",
            "redelivery",
            "rulebooks",
            "worker",
            "queue",
            "store",
            "db",
            "tables",
            "budget",
            "github",
            "slack",
            "overrides",
        ),
        *(
            "conclude",
            "breath",
            "guard",
            "pace",
            "pager",
            "sweep",
            "kingfisher",
            "scanner",
            "history",
            "doctor",
            "figures",
            "zendesk",
            "metrics",
            "publisher",
        ),
        "watch",
        "weekly",
    ),
    3: ("webhook", "schedule", "sandbox", "slack_door", "slack_socket", "pages", "metrics_page", "setup"),
    4: ("settings", "logs", "app", "front", "work", "cli", "demo", "__main__"),
}
IMPURE = frozenset(
    {"aiohttp", "gidgethub", "sqlalchemy", "structlog", "logging", "asyncio", "socket", "subprocess", "time"}
    | {"random", "secrets", "threading", "click", "urllib.request", "http.client", "tempfile", "shutil"}
)
IMPURE_CALLS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "open", "print", "input"}
)
# Floor 0 reads policy files, the package's and the operator's: its one door to the disk.
READS_FILES = frozenset({"bot.policy.load"})


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(BOT.rglob("*.py"))}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def floor(module: str) -> int:
    """`bot.queue_sql` is of `queue`, as `bot.github.load` is of `github`."""
    name = module.partition(".")[2]
    fitting = [
        (len(p), level)
        for level, prefixes in FLOORS.items()
        for p in prefixes
        if name == p or name.startswith((f"{p}.", f"{p}_"))
    ]
    return max(fitting)[1] if fitting else 0 if module == "bot" else 5


def test_every_module_has_a_floor() -> None:
    """Give a new one its place above, and in docs/architecture.md."""
    assert [] == [module for module in MODULES if floor(module) == 5]


def for_types_alone(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(node: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    """All nodes that run; `deep` looks into functions too. What only type checkers read does not run."""
    for child in ast.iter_child_nodes(node):
        if for_types_alone(child):
            continue
        yield child
        if deep or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from statements(child, deep=deep)


def imports(module: str, *, deep: bool = True) -> set[str]:
    """Full names of the modules it imports; ``from bot.x import y`` is bot.x.y where that is a module."""
    found: set[str] = set()
    for node in statements(tree(module), deep=deep):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if name in MODULES}
            found |= modules
            if len(modules) < len(inner):
                found.add(node.module)
    return found


def ours(module: str, *, deep: bool = True) -> set[str]:
    return {name for name in imports(module, deep=deep) if name in MODULES} - {"bot"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward_only(module: str) -> None:
    """Within a floor they may point sideways; imports in functions count too."""
    upward = {name: floor(name) for name in ours(module) if floor(name) > floor(module)}
    assert {} == upward


def door(module: str) -> str:
    return module.split(".")[1].split("_")[0]


def test_the_doors_do_not_import_each_other() -> None:
    """The sandbox is GitHub's side: nothing of the App but floor 0 and the wire's shapes may be in it."""
    crossing = {
        (module, name)
        for module in MODULES
        for name in ours(module)
        if floor(module) == floor(name) == 3 and door(module) != door(name)
    }
    assert set() == crossing


@pytest.mark.parametrize("module", [m for m in MODULES if floor(m) <= 1])
def test_the_pure_floors_import_nothing_impure(module: str) -> None:
    found = {name for name in imports(module) if name in IMPURE or name.split(".")[0] in IMPURE}
    assert set() == found


@pytest.mark.parametrize("module", [m for m in MODULES if floor(m) <= 1 and m not in READS_FILES])
def test_the_pure_floors_have_no_clock_no_environment_and_no_files(module: str) -> None:
    found = []
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            found.append(ast.unparse(node.func))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "sys.argv"):
            found.append(ast.unparse(node))
        if isinstance(node, ast.Attribute) and node.attr in ("read_text", "read_bytes", "write_text", "open"):
            found.append(ast.unparse(node))
    assert [] == found


def test_there_are_no_import_cycles() -> None:
    """Of imports at module level; the floors hold for those inside functions too."""
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module not in done:
            for name in sorted(ours(module, deep=False)):
                visit(name, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


PACKAGES = [m for m, path in MODULES.items() if path.name == "__init__.py" and m not in THICK]


@pytest.mark.parametrize("module", PACKAGES)
def test_packages_are_thin(module: str) -> None:
    """Names passed on, nothing made."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    assert [] == [node.name for node in tree(module).body if isinstance(node, kinds)]
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= 50


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_of_one_idea(module: str) -> None:
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= LISTS.get(module, LONGEST)


@pytest.mark.parametrize("module", [m for m, path in MODULES.items() if path.stat().st_size])
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(tree(module)) or module == "bot"


BACKTRACKING = {
    "bot.model": "issue keys, anchored",
    "bot.told": "ids and codes of Slack",
    "bot.memory": "our markers: fixed words and bounded classes",
    "bot.rules.inbox": "a label's slug: one class",
    "bot.rules.heard": "codes of Slack's buttons",
    "bot.rules.publish_text": "our own markers: fixed words and bounded classes",
    "bot.rules.alerts_page": "pages of the product's documentation",
    "bot.rules.privacy": "single classes; its own tests time it on long text",
    "bot.policy": "policy files",
    "bot.handbook": "handbook pages",
}


@pytest.mark.parametrize("module", [m for m in MODULES if floor(m) <= 1])
def test_patterns_over_text_of_people_are_linear(module: str) -> None:
    """`re` backtracks: the pure floors use it for the formats named above; all else is RE2's."""
    known = any(module == name or module.startswith(f"{name}.") for name in BACKTRACKING)
    assert known or "re" not in imports(module)


def test_rules_do_not_speak_to_people() -> None:
    """Rules return codes: no sentence of a comment stands in them."""
    for module in (
        "bot.decide",
        "bot.plan",
        "bot.recall",
        "bot.rules.inbox",
        "bot.rules.labels",
        "bot.rules.ownership",
    ):
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "**" in node.value:
                pytest.fail(f"{module}:{node.lineno} formats text")
