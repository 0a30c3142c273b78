"""What left the App: every request to GitHub and Slack with its body, and whom its token could reach.

with Wiretap(w) as tap:
    …
    assert "secret" not in tap.to_public()
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from harness import World

Reply = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request. `reaches_public`: its token, or its address, is of the public repository."""

    to: str  # github | slack
    what: str  # method and address
    body: str
    writes: bool
    reaches_public: bool = False

    def __str__(self) -> str:
        return f"{self.what}\n{self.body}"


@dataclass
class Wiretap:
    world: World
    sent: list[Sent] = field(default_factory=list)

    def __enter__(self) -> Self:
        github, slack = self.world.github, self.world.slack
        self._request, self._call = github.request, slack.call if slack is not None else None

        async def request(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
            self.sent.append(self._seen(method, url, headers, body.decode()))
            return await self._request(method, url, headers, body)

        github.request = request  # type: ignore[method-assign]
        if slack is not None:

            def call(method: str, values: Mapping[str, Any]) -> Any:
                self.sent.append(Sent("slack", method, json.dumps(values, ensure_ascii=False), writes=True))
                assert self._call is not None
                return self._call(method, values)

            slack.call = call  # type: ignore[method-assign]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.github.request = self._request  # type: ignore[method-assign]
        if self.world.slack is not None and self._call is not None:
            self.world.slack.call = self._call  # type: ignore[method-assign]

    def _seen(self, method: str, url: str, headers: Mapping[str, str], body: str) -> Sent:
        """A token for no repository in particular reaches all of them."""
        public = self.world.demo.public
        given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
        caller = self.world.github.access._tokens.get(given.partition(" ")[2])
        reaches = caller is not None and (caller.repo_ids is None or public.id in caller.repo_ids)
        reading = method == "GET" or (
            url.endswith("/graphql") and not body_query(body).startswith("mutation")
        )
        named = f"/repos/{public.full_name}/" in url
        return Sent("github", f"{method} {url}", body, not reading, reaches or named)

    def to_public(self) -> str:
        """All that was sent with a token, or to an address, of the public repository."""
        return "\n".join(str(one) for one in self.sent if one.reaches_public)

    def to_slack(self) -> str:
        return "\n".join(str(one) for one in self.sent if one.to == "slack")

    def written_in_public(self) -> list[Sent]:
        return [
            one for one in self.sent if one.reaches_public and one.writes and "/access_tokens" not in one.what
        ]


def body_query(body: str) -> str:
    """The GraphQL document of a request."""
    return str(json.loads(body).get("query", "")).strip()
