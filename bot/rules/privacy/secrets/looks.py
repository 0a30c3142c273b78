"""Floor 1: does a value look like a secret at all? Entropy, placeholders, and words that people can read."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Set

import re2

from bot.rules.privacy.listed import listed

# Values that stand for a secret. Substrings, lower case.
_STAND_INS = (
    "example",
    "redacted",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "xxxx",
    "your_",
    "your-",
    "yourtoken",
    "yourkey",
    "yourpass",
    "<your",
    "dummy",
    "notreal",
    "not_real",
    "not-real",
    "insert_",
    "insert-",
    "secret_here",
    "token_here",
    "key_here",
    "undefined",
    "sourcegraph-",
    "sanitized",
    "removed",
    "omitted",
    "masked",
    "censored",
    "sampletoken",
    "abcdefghijklmnop",
)
# Sequences that people type for "some value"; a real token has them once in a blue moon.
_TYPED = (
    "abcdefgh", "12345678", "0123456789", "aaaaaaa", "0000000", "1111111", "foobar",
)  # fmt: skip
_REFERENCE = re2.compile(
    r"^(?:\$[\w{(\[].*|\{\{.*|\{.*\}|<.*|%\w+%?|@\w+@|%[sdqv+#]+.*|\*+|x+|X+|\.+|-+|_+|#+|\?+"
    r"|(?i:true|false|null|none|nil|undefined|string|number|boolean|required|optional|yes|no|on|off)"
    r"|\[.*\]?|\(.*|(?i:process\.env|os\.environ|os\.getenv|env\.|vars?\.|secrets?\.|config\.|self\."
    r"|this\.).*"
    r"|/?(?:[\w.-]+/){2,}[\w.-]*|https?:.*|file:.*)$"
)
# short words that names in code are made of; others turn up in random letters
_SHORT_WORDS = listed("key api get set url log app env var job run new old max min sql csv xml")
_CHUNK = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def entropy(value: str) -> float:
    """Shannon entropy in bits per character; 0 for an empty value."""
    if not value:
        return 0.0
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def stands_in(value: str) -> bool:
    """Is the value a placeholder, a variable, or a word of configuration, and so no secret?"""
    low = value.lower()
    return bool(_REFERENCE.match(value)) or any(run in low for run in _TYPED) or dummy(value)


def dummy(value: str) -> bool:
    """Is the value filled with a word for "nothing real here", or with the same few characters?"""
    low = value.lower()
    return any(word in low for word in _STAND_INS) or len(set(low)) <= max(3, min(8, len(low) // 12))


def readable(value: str, vocabulary: Set[str]) -> bool:
    """Is most of the value made of words (`camelCase`, `snake_case`, `kebab-case`), as names in code are?"""
    letters = 0
    known = 0
    for chunk in _CHUNK.findall(value):
        letters += len(chunk)
        word = chunk.lower()
        if (len(word) >= 4 or word in _SHORT_WORDS) and (
            word in vocabulary or word.rstrip("s") in vocabulary
        ):
            known += len(chunk)
    return letters > 0 and known >= 0.6 * letters and known >= 0.38 * len(value)


def mixed(value: str) -> bool:
    """Has the value a digit and a letter, or a mark and a letter: more than one class of characters?"""
    letter = any(c.isalpha() for c in value)
    return letter and any(not c.isalpha() for c in value)
