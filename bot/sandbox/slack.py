"""Floor 3: a small Slack for tests and demonstrations: messages, modals, people, and Block Kit's limits.

It answers the calls of `bot.slack.client` as Slack answers them, refuses what Slack would refuse
(`invalid_blocks`), and can fail on request. No sockets: `call` takes a method and its arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], Json]  # status, headers, body
Fault = Literal["rate-limit", "5xx", "lost-answer"]
SCOPES = (  # docs/slack.md
    *("chat:write", "chat:write.public", "channels:read", "groups:read", "usergroups:read", "users:read"),
    *("users:read.email", "files:write"),
)
PNG = b"\x89PNG\r\n\x1a\n"
MAX_ALT = 1000
_MENTION = re.compile(r"<!subteam\^(\w+)>")


@dataclass(frozen=True, slots=True)
class File:
    """Announced (`data` empty), uploaded, or posted with a message."""

    id: str
    name: str
    length: int
    alt: str
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    channel: str  # id
    ts: str
    text: str
    blocks: tuple[Json, ...]
    thread: str = ""
    edits: int = 0
    picture: File | None = None

    @property
    def everything(self) -> str:
        """All that stands in it."""
        return f"{self.text}\n{self.blocks}"

    @property
    def pings(self) -> tuple[str, ...]:
        """Ids of the groups that it calls."""
        return tuple(dict.fromkeys(_MENTION.findall(self.everything)))


def member(login: str) -> str:
    """The id of one of the sandbox's people in this Slack."""
    return f"U0{login.upper()}"


class LostAnswer(ConnectionResetError):
    """The call was carried out; nobody will hear of it."""


@dataclass
class SlackDouble:
    """`faults`: (method, fault), each fails one call of that method. `calls`: methods, in order."""

    clock: Callable[[], datetime]
    channels: dict[str, str] = field(default_factory=dict)  # name → id
    groups: dict[str, str] = field(default_factory=dict)  # handle → id
    people: dict[str, str] = field(default_factory=dict)  # member id → e-mail
    closed: set[str] = field(default_factory=set)  # ids of channels that the bot may not post in
    messages: list[Message] = field(default_factory=list)
    hints: list[tuple[str, str, str]] = field(default_factory=list)  # channel, user, text
    forms: list[Json] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    uploads: dict[str, File] = field(default_factory=dict)  # by id; those that are not posted yet
    upload_url: str = "https://files.sandbox.slack.com/upload/v1/"

    def channel(self, name: str) -> list[Message]:
        """The messages in a channel, threads included, oldest first."""
        id_ = self.channels[name.removeprefix("#")]
        return [message for message in self.messages if message.channel == id_]

    def call(self, method: str, values: Mapping[str, Any]) -> Answer:
        """Answer one call. Raises LostAnswer for that fault."""
        self.calls.append(method)
        fault = next((one for one in self.faults if one[0] == method), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault[1] == "rate-limit":
                return 429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}
            if fault[1] == "5xx":
                return 503, {}, {}
        handler = _METHODS.get(method)
        answer = {"error": "unknown_method"} if handler is None else handler(self, values)
        if fault is not None:
            raise LostAnswer
        return 200, {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}, {"ok": "error" not in answer, **answer}

    def take(self, url: str, data: bytes) -> int:
        """A file arrives at the address that was given for it; returns Slack's status."""
        id_ = url.removeprefix(self.upload_url)
        announced = self.uploads.get(id_)
        if announced is None:
            return 404
        if len(data) != announced.length or not data.startswith(PNG):
            return 400
        self.uploads[id_] = replace(announced, data=data)
        return 200

    # ── what can be called ──────────────────────────────────────────────────────────────────

    def _auth_test(self, _: Mapping[str, Any]) -> Json:
        return {"url": "https://sandbox.slack.com/", "user": "rfh-bot"}

    def _post(self, values: Mapping[str, Any]) -> Json:
        channel = values.get("channel", "")
        refused = self._refused(channel, values)
        thread = values.get("thread_ts", "")
        if refused or (thread and not any(m.ts == thread for m in self.messages)):
            return {"error": refused or "thread_not_found"}
        ts = f"{self.clock().timestamp():.0f}.{len(self.messages) + 1:06d}"
        self.messages.append(Message(channel, ts, values["text"], tuple(values["blocks"]), thread))
        return {"channel": channel, "ts": ts}

    def _announce(self, values: Mapping[str, Any]) -> Json:
        """https://docs.slack.dev/reference/methods/files.getUploadURLExternal"""
        if "files:write" not in self.scopes:
            return {"error": "missing_scope", "needed": "files:write"}
        name, alt = str(values.get("filename", "")), str(values.get("alt_txt", ""))
        length = int(values.get("length", 0))
        if not name or length <= 0 or len(alt) > MAX_ALT:
            return {"error": "invalid_arguments"}
        id_ = f"F{len(self.uploads) + len(self.messages) + 1:03d}"
        self.uploads[id_] = File(id_, name, length, alt)
        return {"upload_url": f"{self.upload_url}{id_}", "file_id": id_}

    def _complete(self, values: Mapping[str, Any]) -> Json:
        """https://docs.slack.dev/reference/methods/files.completeUploadExternal"""
        (asked,) = json.loads(values["files"])
        file, channel = self.uploads.get(asked["id"]), values.get("channel_id", "")
        if file is None or not file.data:
            return {"error": "file_not_found"}
        if channel not in self.channels.values():
            return {"error": "channel_not_found"}
        if channel in self.closed:
            return {"error": "not_in_channel"}
        del self.uploads[file.id]
        ts = f"{self.clock().timestamp():.0f}.{len(self.messages) + 1:06d}"
        text = {"type": "mrkdwn", "text": values["initial_comment"]}
        block = {"type": "section", "text": text}
        self.messages.append(Message(channel, ts, values["initial_comment"], (block,), picture=file))
        return {"files": [{"id": file.id, "title": asked.get("title", file.name)}]}

    def _update(self, values: Mapping[str, Any]) -> Json:
        refused = self._refused(values.get("channel", ""), values)
        for number, message in enumerate(self.messages):
            if refused or (message.channel, message.ts) != (values["channel"], values["ts"]):
                continue
            self.messages[number] = replace(
                message, text=values["text"], blocks=tuple(values["blocks"]), edits=message.edits + 1
            )
            return {"channel": message.channel, "ts": message.ts}
        return {"error": refused or "message_not_found"}

    def _refused(self, channel: str, values: Mapping[str, Any]) -> str:
        if channel not in self.channels.values():
            return "channel_not_found"
        if channel in self.closed:
            return "not_in_channel"
        return "invalid_blocks" if list(problems(values.get("blocks", []), values.get("text", ""))) else ""

    def _hint(self, values: Mapping[str, Any]) -> Json:
        self.hints.append((values["channel"], values["user"], values["text"]))
        return {"message_ts": "1.1"}

    def _open(self, values: Mapping[str, Any]) -> Json:
        if list(view_problems(values["view"])):
            return {"error": "invalid_arguments"}
        self.forms.append(values["view"])
        return {"view": {"id": f"V{len(self.forms)}"}}

    def _groups(self, _: Mapping[str, Any]) -> Json:
        return {"usergroups": [{"id": id_, "handle": handle} for handle, id_ in self.groups.items()]}

    def _channels(self, values: Mapping[str, Any]) -> Json:
        """Two pages, so that nobody forgets the second."""
        every = [{"id": id_, "name": name} for name, id_ in self.channels.items()]
        half = len(every) // 2
        if values.get("cursor") == "half":
            return {"channels": every[half:], "response_metadata": {"next_cursor": ""}}
        return {"channels": every[:half], "response_metadata": {"next_cursor": "half"}}

    def _person(self, values: Mapping[str, Any]) -> Json:
        if values["user"] not in self.people:
            return {"error": "user_not_found"}
        return {"user": {"id": values["user"], "profile": {"email": self.people[values["user"]]}}}

    def _by_email(self, values: Mapping[str, Any]) -> Json:
        found = next((id_ for id_, mail in self.people.items() if mail == values["email"]), None)
        return {"error": "users_not_found"} if found is None else {"user": {"id": found}}


_METHODS: dict[str, Callable[[SlackDouble, Mapping[str, Any]], Json]] = {
    "auth.test": SlackDouble._auth_test,  # noqa: SLF001
    "chat.postMessage": SlackDouble._post,  # noqa: SLF001
    "chat.update": SlackDouble._update,  # noqa: SLF001
    "files.getUploadURLExternal": SlackDouble._announce,  # noqa: SLF001
    "files.completeUploadExternal": SlackDouble._complete,  # noqa: SLF001
    "chat.postEphemeral": SlackDouble._hint,  # noqa: SLF001
    "views.open": SlackDouble._open,  # noqa: SLF001
    "usergroups.list": SlackDouble._groups,  # noqa: SLF001
    "conversations.list": SlackDouble._channels,  # noqa: SLF001
    "users.info": SlackDouble._person,  # noqa: SLF001
    "users.lookupByEmail": SlackDouble._by_email,  # noqa: SLF001
}


# ── Block Kit's limits ──────────────────────────────────────────────────────────────────────
# https://docs.slack.dev/reference/block-kit/blocks and …/block-elements, as far as this program uses them.


TOTAL = 12_000  # of all texts, which the reference does not say (github.com/slackapi/bolt-js/issues/2509)


def problems(blocks: list[Json], text: str) -> Iterator[str]:
    """What Slack would refuse in a message."""
    if not text:
        yield "no text"
    if not 1 <= len(blocks) <= 50:
        yield "1 to 50 blocks"
    if sum(len(block.get("text", {}).get("text", "")) for block in blocks) > TOTAL:
        yield "the blocks are too long"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids) or any(len(id_) > 255 for id_ in ids):
        yield "block_id"
    for block in blocks:
        yield from _BLOCKS.get(block.get("type", ""), _unknown)(block)


def view_problems(view: Json) -> Iterator[str]:
    """What Slack would refuse in a modal."""
    if view.get("type") != "modal" or len(view.get("private_metadata", "")) > 3000:
        yield "modal"
    for name in ("title", "submit", "close"):
        yield from _text(view[name], 24, "plain_text")
    if not 1 <= len(view["blocks"]) <= 100:
        yield "1 to 100 blocks"
    for block in view["blocks"]:
        yield from _BLOCKS.get(block.get("type", ""), _unknown)(block)


def _text(value: Json, limit: int, *kinds: str) -> Iterator[str]:
    if value.get("type") not in kinds:
        yield f"text must be {' or '.join(kinds)}"
    if not 1 <= len(value.get("text", "")) <= limit:
        yield f"1 to {limit} characters"


def _unknown(block: Json) -> Iterator[str]:
    yield f"unknown block {block.get('type')}"


def _section(block: Json) -> Iterator[str]:
    yield from _text(block["text"], 3000, "mrkdwn", "plain_text")


def _context(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 10:
        yield "1 to 10 elements"
    for element in block["elements"]:
        yield from _text(element, 2000, "mrkdwn", "plain_text")


def _actions(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 25:
        yield "1 to 25 elements"
    ids = [element["action_id"] for element in block["elements"]]
    if len(set(ids)) < len(ids) or any(len(id_) > 255 for id_ in ids):
        yield "action_id"
    for element in block["elements"]:
        if element["type"] == "button":
            yield from _text(element["text"], 75, "plain_text")
        elif element["type"] == "static_select":
            yield from _text(element["placeholder"], 150, "plain_text")
            yield from _options(element["options"])
        else:
            yield f"unknown element {element['type']}"


def _options(options: list[Json]) -> Iterator[str]:
    if not 1 <= len(options) <= 100:
        yield "1 to 100 options"
    for option in options:
        yield from _text(option["text"], 75, "plain_text")
        if not 1 <= len(option["value"]) <= 150:
            yield "1 to 150 characters of a value"


def _input(block: Json) -> Iterator[str]:
    yield from _text(block["label"], 2000, "plain_text")
    if block["element"]["type"] != "plain_text_input" or block["element"].get("max_length", 0) > 3000:
        yield "input"


_BLOCKS: dict[str, Callable[[Json], Iterator[str]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
}
