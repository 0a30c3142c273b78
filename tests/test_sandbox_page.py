"""The sandbox's page: acting as people with their rights, hostile words, foreign origins, live updates."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_client import START, TurnedClock

from bot.policy.load import load_default
from bot.sandbox import Sandbox
from bot.sandbox.page_base import ago
from bot.sandbox.page_forms import FOLDER, form_body, templates_of
from bot.sandbox.page_markdown import rendered
from bot.sandbox.seed import Demo, demo_world

ISSUES = "/sourcegraph/customer/issues"


class Visitor:
    """A browser without script: keeps cookies by itself, sends the page's own origin."""

    def __init__(self, gh: Sandbox, session: aiohttp.ClientSession, demo: Demo) -> None:
        self.gh, self.session, self.demo = gh, session, demo

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.gh.url + path, headers=headers) as response:
            return response.status, await response.text()

    async def post(self, path: str, origin: str | None = None, **form: str) -> tuple[int, str]:
        """Send a form; gives the status and where it leads."""
        headers = {"Origin": self.gh.url if origin is None else origin}
        async with self.session.post(
            self.gh.url + path, data=form, headers=headers, allow_redirects=False
        ) as response:
            return response.status, response.headers.get("Location", "")

    async def become(self, login: str) -> None:
        assert (303, "/") == await self.post("/-/actor", login=login, back="/")


@pytest.fixture
async def browser() -> AsyncIterator[Visitor]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address, not of a name
    async with Sandbox(clock=TurnedClock()) as gh, aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Visitor(gh, session, demo_world(gh, load_default()))


async def test_an_issue_is_filed_from_each_of_the_three_ways(browser: Visitor) -> None:
    """Form, markdown template and blank; the form's words are as GitHub writes them."""
    slugs = [one.slug for one in templates_of(browser.gh.world.state, browser.demo.customer)]
    assert ["cs_new_issue.yml", "cs_new_issue.md", "blank"] == slugs
    for slug in slugs:
        status, html = await browser.get(f"{ISSUES}/new?template={slug}")
        assert 200 == status
        assert f'value="{slug}"' in html
    field = next(
        one
        for one in templates_of(browser.gh.world.state, browser.demo.customer)[0].fields
        if one.kind == "input"
    )
    sent = {"template": "cs_new_issue.yml", "title": "from the form", field.id: "an answer"}
    assert (303, f"{ISSUES}/1") == await browser.post(ISSUES, **sent)
    body = browser.gh.world.state.issue(browser.demo.customer, 1).body
    assert f"### {field.label}\n\nan answer" in body
    assert "\n\n_No response_" in body
    assert (303, f"{ISSUES}/2") == await browser.post(ISSUES, template="blank", title="t", body="words")
    assert "words" == browser.gh.world.state.issue(browser.demo.customer, 2).body
    assert 422 == (await browser.post(ISSUES, template="blank", title=" "))[0]


def test_a_form_writes_checkboxes_and_code_as_github_does() -> None:
    """Checkboxes are task items, `render` is a fence, nothing is _No response_."""
    world = Sandbox(clock=TurnedClock()).world
    repo = world.create_repo("acme/x")
    form = """
name: A form
description: d
labels: [bug, "help wanted"]
body:
  - {type: markdown, attributes: {value: "read me"}}
  - {type: textarea, id: log, attributes: {label: Log, render: shell}}
  - {type: dropdown, id: kind, attributes: {label: Kind, multiple: true, options: [A, B, C]}}
  - {type: checkboxes, id: done, attributes: {label: Done, options: [{label: one}, {label: two}]}}
  - {type: input, id: rest, attributes: {label: Rest}}
"""
    world.put_file(repo, f"{FOLDER}a.yml", form, "acme")
    world.put_file(repo, f"{FOLDER}b.yml", "name: [broken", "acme")
    template, blank = templates_of(world.state, repo)
    assert ("A form", ("bug", "help wanted"), "blank") == (template.name, template.labels, blank.slug)
    expected = (
        "### Log\n\n```shell\n$ ls\n```\n\n### Kind\n\nA, C\n\n"
        "### Done\n\n- [ ] one\n- [x] two\n\n### Rest\n\n_No response_"
    )
    assert expected == form_body(
        template, {"log": ["$ ls"], "kind": ["A", "C"], "done": ["two"], "rest": [""]}
    )


async def test_each_person_has_their_own_rights(browser: Visitor) -> None:
    """Readers comment on the issue but do not label it; triage labels; one edits one's own words only."""
    world, repo = browser.gh.world, browser.demo.customer
    issue = world.file_issue(repo, "erin", "t", "b")
    path = f"{ISSUES}/1"
    await browser.become("olu")
    assert 403 == (await browser.post(f"{path}/labels", add="rfh"))[0]
    assert 403 == (await browser.post(f"{path}/edit", title="x", body="x"))[0]
    assert 403 == (await browser.post(f"{path}/state", to="closed"))[0]
    assert 303 == (await browser.post(f"{path}/comments", body="hello"))[0]
    comment = world.comments(issue)[0]
    assert "olu" == world.author(comment)
    assert 303 == (await browser.post(f"{path}/comments/{comment.id}/edit", body="hello again"))[0]
    await browser.become("sam")
    assert 403 == (await browser.post(f"{path}/comments/{comment.id}/edit", body="mine now"))[0]
    assert 303 == (await browser.post(f"{path}/labels", add="rfh"))[0]
    assert 303 == (await browser.post(f"{path}/state", to="closed"))[0]
    await browser.become("erin")
    assert 303 == (await browser.post(f"{path}/labels", remove="rfh"))[0]
    assert 303 == (await browser.post(f"{path}/state", to="open"))[0]
    assert 303 == (await browser.post(f"{path}/edit", title="t2", body="b2"))[0]
    after = world.issue(issue)
    assert ("t2", "b2", "open", []) == (after.title, after.body, after.state, world.labels(issue))
    assert ["hello again"] == [one.body for one in world.comments(issue)]


async def test_what_is_not_there_is_not_found(browser: Visitor) -> None:
    """Unknown repositories, issues, comments and files; a transferred issue leads on."""
    world = browser.gh.world
    issue = world.file_issue(browser.demo.customer, "sam", "t")
    other = world.create_repo("sourcegraph/other")
    for path in ("/no/where/issues", f"{ISSUES}/9", "/-/static/..%2Fserver.py", "/-/static/server.py"):
        assert 404 == (await browser.get(path))[0]
    assert 404 == (await browser.post(f"{ISSUES}/1/comments/7/edit", body="x"))[0]
    world.transfer(issue, other, "max")
    async with browser.session.get(f"{browser.gh.url}{ISSUES}/1", allow_redirects=False) as response:
        assert "/sourcegraph/other/issues/1" == response.headers["Location"]


async def test_every_page_of_a_full_issue_shows(browser: Visitor) -> None:
    """Ghosts, bots, reactions, hidden comments, locks: nothing breaks a template."""
    world, repo = browser.gh.world, browser.demo.customer
    issue = world.file_issue(repo, "olu", "title", "", ["rfh"])
    card = world.comment(issue, browser.gh.bot_login, "<!-- memory -->\n### Card")
    world.react(world.comment(issue, "olu", "/help"), browser.gh.bot_login, "EYES")
    world.minimize(world.comment(issue, "erin", "noise"), "OFF_TOPIC")
    world.edit_comment(card, browser.gh.bot_login, "<!-- memory -->\n### Card 2")
    world.assign(issue, ["erin"], "max")
    world.edit_issue(issue, "max", title="new title")
    world.close(issue, "max")
    world.lock(issue, "max")
    world.delete_user("olu")
    status, html = await browser.get(f"{ISSUES}/1")
    assert 200 == status
    for shown in ("new title", "Card 2", "Hidden as off topic", "👀", "ghost", "locked the conversation"):
        assert shown in html
    assert "memory" not in html
    assert "rfh-bot[bot]" not in html
    for path in (ISSUES, f"{ISSUES}?state=closed", f"{ISSUES}?label=rfh", "/-/activity", "/"):
        assert 200 == (await browser.get(path))[0]


async def test_a_failed_webhook_is_sent_again_from_the_page(browser: Visitor) -> None:
    """The activity page offers it for what failed; an unknown delivery changes nothing."""
    gh = browser.gh
    gh.faults.odds["drop"] = 1.0
    gh.world.file_issue(browser.demo.customer, "sam", "t")
    lost = gh.hooks.deliveries[-1]
    assert f'value="{lost.id}">Redeliver' in (await browser.get("/-/activity"))[1]
    for ident in (str(lost.id), "7"):
        assert (303, "/-/activity") == await browser.post("/-/redeliver", id=ident)
    assert [lost.guid] * 2 == [one.guid for one in gh.hooks.deliveries[-2:]]


# ── hostile words and foreign origins ─────────────────────────────────────────────────────────────────


async def test_hostile_words_stay_words(browser: Visitor) -> None:
    """Titles, bodies, comments and labels show as text; nothing inline could run anyway."""
    evil = '<script>alert(1)</script><img src=x onerror=alert(1)>"><svg onload=alert(1)>'
    world, repo = browser.gh.world, browser.demo.customer
    world.create_label(repo, '"><script>x</script>')
    issue = world.file_issue(repo, "sam", evil, evil, ['"><script>x</script>'])
    world.comment(
        issue, "sam", f"{evil}\n\n[link](javascript:alert(1)) `{evil}`\n\n<details ontoggle=alert(1)>"
    )
    for path in (ISSUES, f"{ISSUES}/1"):
        status, html = await browser.get(path)
        assert 200 == status
        assert [] == re.findall(
            r"<(?:script(?! src=\"/-/static/page\.js\" defer)|img (?!class=)|svg (?!class=|viewBox=))", html
        )
        assert [] == re.findall(r"(?i)<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', html))
        assert 'href="javascript:' not in html
    async with browser.session.get(browser.gh.url + ISSUES) as response:
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_a_form_from_elsewhere_is_refused(browser: Visitor, origin: str) -> None:
    """Another site, a sandboxed frame, another port, no origin at all: 403, and nothing is filed."""
    assert 403 == (await browser.post(ISSUES, origin=origin, template="blank", title="x"))[0]
    assert [] == browser.gh.world.state.issues_of(browser.demo.customer)


@pytest.mark.parametrize("path", [ISSUES, "/api/v3/users/sam", "/-/live"])
async def test_a_foreign_name_that_points_here_is_refused(browser: Visitor, path: str) -> None:
    """DNS rebinding: only loopback names are answered."""
    assert 421 == (await browser.get(path, Host="evil.example"))[0]
    assert 421 == (await browser.get(path, Host="localhost.evil.example"))[0]


async def test_switching_never_leads_elsewhere(browser: Visitor) -> None:
    """`back` is a path of this page or nothing."""
    for back in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert (303, "/") == await browser.post("/-/actor", login="erin", back=back)
    assert (303, ISSUES) == await browser.post("/-/actor", login="erin", back=ISSUES)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))


# fmt: off
_PIECES = (
    "<", ">", "<!--", "-->", "<script>", "<details>", "</details>", "<b", "'", '"', "/", "`", "# ", "[a](",
    "javascript:x", ")", "<a href=x>", "&lt;", "<![CDATA[", "]]>", "<?", "?>", "![x](y)", "text", "<summary ",
    "onclick=x", "<img src=x ", " ", "\n", "\n\n", "> ", "| a | b |\n|---|:-:|\n",
)
# fmt: on
_HOSTILE = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
_PLAIN = {
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "s",
    "code",
    "pre",
    "hr",
    "br",
}
_PLAIN |= {"blockquote", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup", "kbd", "b", "i"}
_PLAIN |= {"details", "summary"}


@given(_HOSTILE)
def test_markdown_makes_only_known_tags_without_handlers(text: str) -> None:
    """Whatever is written: tags of a short list, and no attribute that could act."""
    tags = _Tags()
    tags.feed(str(rendered(text)))
    allowed = {
        "a": {"href", "rel", "title"},
        "img": {"src", "alt", "title"},
        "code": {"class"},
        "ol": {"start"},
        "th": {"align"},
        "td": {"align"},
        "details": {"open"},
    }
    for tag, attributes in tags.found:
        assert tag in _PLAIN | {"a", "img"}
        assert set(attributes) <= allowed.get(tag, set())


def test_comments_in_html_do_not_show() -> None:
    """Hints and markers vanish, over lines and unclosed too; a table and a fold stay."""
    assert "<p>a  b</p>\n" == str(rendered("a <!-- hidden --> b"))
    assert "hidden" not in rendered("<!-- hidden\nover lines\n\nand on -->\nshown")
    assert "<details>\n<summary>More</summary>" in rendered(
        "<details>\n<summary>More</summary>\n\ntext\n\n</details>"
    )
    assert '<td align="center">2</td>' in rendered("| a | b |\n|---|:-:|\n| 1 | 2 |")


# ── live ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_page_hears_of_a_change_at_once(browser: Visitor) -> None:
    """Server-sent events tell the version now, and again when something changed."""
    async with browser.session.get(f"{browser.gh.url}/-/live") as stream:
        first = await stream.content.readuntil(b"\n\n")
        browser.gh.world.file_issue(browser.demo.customer, "sam", "t")
        second = await stream.content.readuntil(b"\n\n")
    assert int(first.removeprefix(b"data: ")) < int(second.removeprefix(b"data: "))


@pytest.mark.parametrize(
    ("passed", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (90_000, "1 day ago")],
)
def test_ages_in_words(passed: float, words: str) -> None:
    """Whole units, the largest that fits."""
    clock = TurnedClock()
    clock.forward(seconds=passed)
    assert words == ago(START, clock())
