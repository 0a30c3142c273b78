"""Floor 1: what is a version (handbook, step 4: "Include Sourcegraph version number").

Real ones: ``3.43.2``, ``v3.34``, ``4.2.0-rc.1``, a build id such as ``95869_2021-05-12_379977d``, a moving
tag with its build (``insiders`` + build), or the service that has no versions. "latest" is no version.
"""

from __future__ import annotations

import re2
from packaging.version import InvalidVersion, Version

from bot.policy.intake import Versions

_SEPARATORS = re2.compile(r"""[\s,;:()\[\]{}<>"'`|=*“”‘’@/]+""")
_NUMBER = re2.compile(
    r"(?i)^(?:sourcegraph[-_])?v?(\d{1,2}\.\d{1,3}(?:\.\d{1,3})?(?:[-.]?(?:rc|alpha|beta|pre|dev)[-.]?\d{0,4})?)"
    r"(?:\+[\w.-]{1,60})?$"
)
_BUILD = re2.compile(r"(?i)^\d{3,9}_\d{4}-\d{2}-\d{2}_(?:\d{1,2}\.\d{1,3}(?:\.\d{1,3})?-)?[0-9a-f]{7,64}$")
_COMMIT = re2.compile(r"(?i)^[0-9a-f]{7,64}$")
_BETWEEN = frozenset(
    ("", "version", "v", "release", "engine", "desktop", "is", "at", "on")
)  # Docker Engine v20.10
_EXTENSION = re2.compile(r"(?i)^v?(\d{1,5}(?:\.\d{1,6}){1,3}(?:[-+][\w.-]{1,40})?)$")


def _tokens(text: str) -> list[str]:
    return [token.strip(".!?/-_") for token in _SEPARATORS.split(text)]


class VersionReader:
    def __init__(self, policy: Versions) -> None:
        self._hosted = {name.casefold(): name for name in policy.hosted}
        self._previews = {name.casefold(): name for name in policy.previews}
        self._others = frozenset(name.casefold() for name in policy.others)

    def sourcegraph(self, text: str) -> str | None:
        """The version an answer names, as the product writes it; None when it names none."""
        tokens = _tokens(text)
        folded = [token.casefold() for token in tokens]
        build = next((token for token in tokens if _BUILD.match(token)), None)
        preview = next((self._previews[token] for token in folded if token in self._previews), None)
        if preview is not None:
            build = build or next((t for t in tokens if _COMMIT.match(t) and any(map(str.isdigit, t))), None)
            if build is not None:
                return f"{preview} {build}"
        if build is not None:
            return build
        product = ""  # the word that a number belongs to
        for word, token in zip(folded, tokens, strict=True):
            number = _NUMBER.match(token)
            if number is not None and product not in self._others and _is_release(number[1]):
                return str(number[1])
            product = product if word in _BETWEEN else word
        return next((self._hosted[word] for word in folded if word in self._hosted), None)

    def extension(self, text: str) -> str | None:
        """The number of an extension (``22.4.7.1712``); None when there is none."""
        found = (_EXTENSION.match(token) for token in _tokens(text))
        return next((str(match[1]) for match in found if match is not None), None)


def _is_release(number: str) -> bool:
    try:
        return Version(number).major > 0
    except InvalidVersion:
        return False
