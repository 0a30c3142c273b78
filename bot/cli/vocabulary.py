"""Floor 4: `rfh-bot vocabulary`: the public vocabulary of the scanner, built from a folder of public
documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

SUFFIXES = (".md", ".mdx", ".txt", ".rst", ".adoc", ".html", ".htm")


@click.command("vocabulary")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the list; standard output otherwise.",
)
def vocabulary(folder: Path, output: Path | None) -> None:
    """Build the list of words that public text uses, from the documents in FOLDER and below.

    In publish mode a capitalised word outside of this list is a warning: it may be a name. Give it public
    text only (the product's documentation, its change log, manuals of the tools around it): every word in
    it stops being suspicious. Names of people in credits, addresses and links are left out.

    \b
    Example:
      rfh-bot vocabulary ./public-docs -o bot/rules/privacy/vocabulary.txt
    """
    from bot.rules.privacy.vocabulary import build

    words = build(_documents(folder))
    text = "".join(f"{word}\n" for word in words)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"{len(words)} words")


def _documents(folder: Path) -> Iterator[str]:
    """Every document of the folder, in an order that does not depend on the machine."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")
