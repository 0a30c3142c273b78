"""`rfh-bot init`: what a tracker's repository needs, written into a checkout of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UserError
from bot.events import POLICY_PATH

if TYPE_CHECKING:
    from bot.policy.schema import Policy

FULL_NAME = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}\Z")
PINNED = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}@[0-9a-f]{40}\Z")
_REMOTE = re.compile(r"[:/]([^/:\s]+/[^/\s]+?)(?:\.git)?/?\Z")

CHECK = "rfh-bot-policy.yml"
WORKFLOWS: Mapping[str, tuple[str, ...]] = {
    "app": (CHECK,),
    "action": ("rfh-bot.yml", "rfh-bot-sweep.yml", CHECK),
}
DRIFT = "handbook-drift.yml"
_PAGE = "https://handbook.example.com/support/engaging-other-teams"

POLICY = """\
# What differs here from the policy that rfh-bot ships; all else is as shipped. docs/policy.md has all keys.
# Check it before it is merged: rfh-bot policy check .github/rfh-bot.yml

tracker:
  private: {tracker}  # where requests for help are filed: a private repository
writer: {writer}  # the one writer, app or action; the other leaves this repository alone

# Who answers for whom: logins here, or `github_team: ORG/TEAM`. Without them nobody's answer changes a turn.
# support:
#   members: [LOGIN]
# teams:
#   search-core:
#     members: [LOGIN]

# What is known of customers, by the part of their label behind customer/.
# customers:
#   northmere:
#     names: [Northmere Bank, NMB]  # how people write it
#     support_24x7: true  # paid for support around the clock
"""


@click.command(
    epilog="""Examples:

    \b
      rfh-bot init ../customer
      rfh-bot init --tracker sourcegraph/customer --policy policy.yml
      rfh-bot init --writer action --uses OWNER/rfh-bot@COMMIT
    """
)
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@click.option("--tracker", metavar="ORG/REPO", help="The repository; default: what the checkout's origin is.")
@click.option("--writer", type=click.Choice(list(WORKFLOWS)), help="Who will write; default: app.")
@click.option("--uses", metavar="OWNER/REPO@COMMIT", help="rfh-bot at a reviewed commit, for the workflows.")
@click.option("--handbook", metavar="URL", help="Compare this page with the policy every week.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The templates follow this policy; default: the checkout's own, or the shipped one.",
)
@click.option("--force", is_flag=True, help="Overwrite templates and workflows that are there.")
def init(
    path: Path,
    tracker: str | None,
    writer: str | None,
    uses: str | None,
    handbook: str | None,
    policy_file: Path | None,
    force: bool,
) -> None:
    """Write the policy file, the issue templates and the workflows into the checkout at PATH.

    \b
    .github/rfh-bot.yml                  what differs from the shipped policy
    .github/ISSUE_TEMPLATE/cs_new_issue  as issue form and as markdown
    .github/workflows/rfh-bot*.yml       app: the check of the policy; action: the bot itself too

    A policy that is there stays, and the templates follow it. When any other file is there already and says
    something else, nothing is written, unless --force.
    """
    from bot.policy.load import load_default, load_path

    if uses is not None and not PINNED.match(uses):
        raise UserError("--uses: write OWNER/REPO@COMMIT, the commit with all its 40 digits")
    if handbook is not None and not handbook.startswith("https://"):
        raise UserError("--handbook: write an address that starts with https://")
    own = path / POLICY_PATH
    kept = own.exists() or own.is_symlink()
    source = policy_file or (own if kept else None)
    policy = load_path(source) if source else load_default()
    name = tracker or (policy.tracker.private if kept else _origin(path))
    if not FULL_NAME.match(name):
        raise UserError("which repository is it? --tracker ORG/REPO")
    writer = writer or (policy.writer if kept else "app")
    texts = {} if kept else {POLICY_PATH: POLICY.format(tracker=name, writer=writer)}
    texts |= _templates(policy) | _workflows(writer, uses, handbook)
    _write(path, texts, force=force)
    if kept:
        click.echo(f"kept  {own}")
    _next(name, writer, uses)


def _origin(path: Path) -> str:
    """owner/name of the remote `origin`, as git knows it; empty when it knows none."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = subprocess.run(  # noqa: S603  # a fixed program and fixed words, in a folder the caller named
        [git, "remote", "get-url", "origin"], cwd=path, capture_output=True, text=True, check=False
    )
    found = _REMOTE.search(asked.stdout.strip())
    return found[1] if found else ""


def _templates(policy: Policy) -> dict[str, str]:
    from bot.issue_templates import FORM, MARKDOWN, form, markdown
    from bot.policy.load import load_default

    shipped = resources.files("bot").joinpath("templates")
    texts = {
        FORM: form(shipped.joinpath(FORM).read_text("utf-8"), policy),
        MARKDOWN: markdown(shipped.joinpath(MARKDOWN).read_text("utf-8"), policy, load_default()),
    }
    return {f".github/ISSUE_TEMPLATE/{name}": text for name, text in texts.items()}


def _workflows(writer: str, uses: str | None, handbook: str | None) -> dict[str, str]:
    """The examples, with what they leave open filled in as far as it was said."""
    texts = {}
    for name in (*WORKFLOWS[writer], *([DRIFT] if handbook else [])):
        text = _example(name)
        if uses is not None:
            repository, _, commit = uses.partition("@")
            text = text.replace("OWNER/rfh-bot", repository).replace("0" * 40, commit)
            text = text.replace("@COMMIT", f"@{commit}")
        if handbook is not None:
            text = text.replace(_PAGE, handbook)
        texts[f".github/workflows/{name}"] = text
    return texts


def _example(name: str) -> str:
    """A workflow as shipped: in the package, or in the checkout that an editable installation runs from."""
    package = resources.files("bot")
    packaged = package.joinpath("workflows", name)
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(str(package)).parent / "examples" / "workflows" / name).read_text("utf-8")


def _write(path: Path, texts: Mapping[str, str], *, force: bool) -> None:
    """All files or none: one that is there and says something else stops it."""
    root = path.resolve()
    outside = [name for name in texts if not (path / name).parent.resolve().is_relative_to(root)]
    if outside:
        raise UserError(f"{', '.join(outside)}: a link leads out of {path}. Nothing was written")
    there = [name for name, text in texts.items() if _differs(path / name, text)]
    if there and not force:
        raise UserError(f"{', '.join(there)}: there already. Nothing was written; --force overwrites")
    for name, text in texts.items():
        target = path / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink():
                target.unlink()  # it is replaced, not what it leads to
            target.write_text(text, "utf-8", newline="\n")
        except OSError as error:
            raise UserError(f"{target}: {error.strerror}") from None
        click.echo(f"wrote {target}")


def _differs(target: Path, text: str) -> bool:
    """Is there something else? A link counts too, wherever it leads."""
    if target.is_symlink():
        return True
    return target.exists() and (not target.is_file() or target.read_bytes() != text.encode())


def _next(name: str, writer: str, uses: str | None) -> None:
    click.echo("Next:")
    steps = [f"rfh-bot labels sync {name} --dry-run    # then without --dry-run"]
    if uses is None:
        steps.append(
            "in .github/workflows: OWNER and the zeros become the commit of rfh-bot you reviewed (or --uses)"
        )
    if writer == "action":
        steps.append('gh secret set RFH_BOT_MEMORY_KEY --body "$(openssl rand -hex 32)" --repo ' + name)
    steps += ["rfh-bot policy check .github/rfh-bot.yml", "commit, merge, then: rfh-bot doctor"]
    for number, step in enumerate(steps, 1):
        click.echo(f"  {number}. {step}")
