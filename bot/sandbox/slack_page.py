"""Floor 3: the small Slack over HTTP, and a page that shows its channels and presses its buttons.

`SLACK_API_URL` is the sandbox's address and `API`; the token and the signing secret are the double's. Whoever
the page acts as presses the buttons, as the member `U0LOGIN`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from markupsafe import Markup, escape
from yarl import URL

from bot.sandbox.page_base import PageBase
from bot.sandbox.slack import LostAnswer, Message, SlackDouble, member
from bot.sandbox.webhooks import Hooks
from bot.sandbox.world import World

API = "/api/slack/"
PATH = "/-/slack"
UPLOAD = f"{API}-/upload/"
TOKEN, SECRET = "xoxb-sandbox", "sandbox-signing-secret"  # of a Slack in which nothing is secret
_LINK = re.compile(r"&lt;(https?://[^|\s]+)\|(.*?)&gt;")
_ENTITY = re.compile(r"&amp;(amp|lt|gt);")
_GROUP = re.compile(r"&lt;!subteam\^(\w+)&gt;")
_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")


class SlackPage(PageBase):
    """`add_to` puts API and page on the sandbox's application."""

    def __init__(self, world: World, hooks: Hooks, double: SlackDouble) -> None:
        super().__init__(world, hooks)
        self.double = double
        self.links = [(PATH, "Slack")]
        self.jinja.filters["mrkdwn"] = self.mrkdwn

    def add_to(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.route("*", f"{API}{{method}}", self.call),
                web.post(f"{UPLOAD}{{id}}", self.upload),
                web.get(PATH, self.channels),
                web.get(f"{PATH}/picture/{{ts}}", self.picture),
                web.post(PATH, self.press),
            ]
        )

    async def call(self, request: web.Request) -> web.Response:
        """One call of Slack's Web API."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        values: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            values |= await request.json()
        else:
            values |= dict(await request.post())
        self.double.upload_url = f"{request.url.origin()}{UPLOAD}"
        try:
            status, headers, data = self.double.call(request.match_info["method"], values)
        except LostAnswer:
            raise web.HTTPBadGateway from None
        self.world.changed()
        return web.json_response(data, status=status, headers=headers)

    async def upload(self, request: web.Request) -> web.Response:
        """A file, at the address that was given for it."""
        url = f"{self.double.upload_url}{request.match_info['id']}"
        return web.Response(status=self.double.take(url, await request.read()))

    async def picture(self, request: web.Request) -> web.Response:
        """The picture of a message."""
        ts = request.match_info["ts"]
        found = next((m.picture for m in self.double.messages if m.ts == ts and m.picture), None)
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.data, content_type="image/png")

    async def channels(self, request: web.Request) -> web.Response:
        """The channels that have messages, each message with its thread."""
        shown = []
        for name, id_ in self.double.channels.items():
            heads = [m for m in self.double.messages if m.channel == id_ and not m.thread]
            if heads:
                shown.append((name, [(head, self._thread(head)) for head in heads]))
        return self.show(
            request,
            "slack.html",
            channels=shown,
            forms=self.double.forms[-1:],
            hints=[text for _, user, text in self.double.hints[-3:] if user == self._member(request)],
        )

    def _thread(self, head: Message) -> list[Message]:
        return [m for m in self.double.messages if m.channel == head.channel and m.thread == head.ts]

    async def press(self, request: web.Request) -> web.Response:
        """A button, or the form: sent to the App as Slack sends it."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        user, at = {"id": self._member(request)}, f"{self.world.now().timestamp():.6f}"
        payload: dict[str, Any]
        if "text" in form and self.double.forms:
            state = {"values": {"question": {"text": {"value": form["text"]}}}}
            view = {**self.double.forms.pop(), "id": f"V{at}", "state": state}
            payload = {"type": "view_submission", "user": user, "view": view}
        else:
            action: dict[str, Any] = {
                "action_id": form.get("action", ""),
                "block_id": form.get("block", ""),
                "action_ts": at,
            }
            if "value" in form:
                action["selected_option"] = {"value": form["value"]}
            payload = {
                "type": "block_actions",
                "user": user,
                "channel": {"id": form.get("channel", "")},
                "trigger_id": f"T{at}",
                "actions": [action],
            }
        await self._send(payload)
        raise web.HTTPSeeOther(PATH)

    async def _send(self, payload: dict[str, Any]) -> None:
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = str(int(self.world.now().timestamp()))
        signed = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
        }
        url = URL(self.hooks.url).with_path("/slack/interactions")
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, data=body, headers=headers) as got,
            ):
                if got.status >= 400:
                    raise web.HTTPBadGateway(text=f"The App answered {got.status}.\n")
        except aiohttp.ClientError as error:
            raise web.HTTPBadGateway(text=f"No App at {url}: {type(error).__name__}.\n") from None

    def _member(self, request: web.Request) -> str:
        return member(self.actor(request).login)

    def mrkdwn(self, text: str) -> Markup:
        """Slack's markup as HTML, as far as this program uses it."""
        handles = {id_: handle for handle, id_ in self.double.groups.items()}
        html = _LINK.sub(r'<a href="\1">\2</a>', str(escape(text)))
        html = _ENTITY.sub(r"&\1;", html)  # what people wrote, which Slack shows as it is
        html = _GROUP.sub(lambda m: f'<span class="tag">@{escape(handles.get(m[1], m[1]))}</span>', html)
        html = _BOLD.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", html))
        return Markup(html.replace("\n", "<br>"))  # noqa: S704  # all but our own tags was escaped above
