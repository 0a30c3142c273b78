"""Floor 1: does a comment answer, or does it only say that somebody is there?

"Looking into it" is no first response (the process says so), and "thanks!" gives nobody a turn. A comment is
read as people see it: quotes, HTML comments and command lines are not its words. It answers when it asks
something, shows something (code, a table, a picture, a link), or when words are left after the policy's
phrases, greetings (with one name) and fillers are taken out. Linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import re2

from bot.markdown import command_lines, links, read
from bot.policy.clocks import NoResponse
from bot.rules.text import phrase

Verdict = Literal["answer", "question", "shows", "command", "phrase", "empty"]
MEANS: frozenset[Verdict] = frozenset(("answer", "question", "shows"))

_SEGMENTS = re2.compile(r"[.,;:!()\n–—…]+|\s-+\s")
_MENTION = re2.compile(r"(?i)(^|[^a-z0-9])@[a-z0-9][a-z0-9/-]*")
_EMOJI_CODE = re2.compile(r":[a-z0-9_+-]{1,40}:")
_QUESTION = re2.compile(r"\w[^?\n]*\?")


class Speech:
    """The policy's phrases, ready to be looked for."""

    def __init__(self, policy: NoResponse) -> None:
        self._phrases = _by_first_word(policy.phrases)
        self._greetings = _by_first_word(policy.greetings)
        self._fillers = frozenset(word for text in policy.fillers for word in phrase(text))

    def verdict(self, body: str) -> Verdict:
        """What a comment is; those in `MEANS` are an answer."""
        commands = {line.line for line in command_lines(body)}
        said = []
        for line in read(body).lines:
            if line.number in commands or line.kind in {"quote", "html", "fence"}:
                continue
            if line.kind in {"code", "table"} and line.text.strip():
                return "shows"
            said.append(line.text)
        text = "\n".join(said)
        if links(text) or "![" in text:
            return "shows"
        text = _EMOJI_CODE.sub(" ", _MENTION.sub(r"\1 ", text))
        if _QUESTION.search(text):
            return "question"
        spoke = False
        for segment in _SEGMENTS.split(text):
            words = tuple(word for word in phrase(segment) if any(map(str.isalnum, word)))  # no emoji
            spoke = spoke or bool(words)
            if words and self._left(words):
                return "answer"
        return "phrase" if spoke else "command" if commands else "empty"

    def _left(self, words: tuple[str, ...]) -> bool:
        """Is any word of a segment left when all that says nothing is taken out?"""
        at = 0
        while at < len(words):
            if size := _longest(self._phrases, words, at):
                at += size
            elif size := _longest(self._greetings, words, at):
                at += size
                names = at + 1 == len(words)  # "hi sam": one word after a greeting is a name
                at += names
            elif words[at] in self._fillers:
                at += 1
            else:
                return True
        return False


def _by_first_word(texts: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for parts in sorted({phrase(text) for text in texts}, key=len, reverse=True):
        if parts:
            found.setdefault(parts[0], []).append(parts)
    return found


def _longest(phrases: dict[str, list[tuple[str, ...]]], words: tuple[str, ...], at: int) -> int:
    """Words of the longest phrase that stands at `at`; 0 for none."""
    for parts in phrases.get(words[at], ()):
        if words[at : at + len(parts)] == parts:
            return len(parts)
    return 0
