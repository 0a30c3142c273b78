"""The sandbox's REST side answers as GitHub does: shapes, permissions, errors, paging, limits."""

from __future__ import annotations

import base64

import pytest
from sandbox_client import Bench, bench

CUSTOMER = "/repos/acme/customer"


@pytest.fixture
async def gh() -> Bench:
    made = bench()
    await made.gh.settle()
    made.webhooks.clear()
    return made


# ── who calls ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_jwt_opens_the_apps_own_routes(gh: Bench) -> None:
    """The App finds itself and its installation with a JWT."""
    assert "rfh-bot" == (await gh.rest("GET", "/app", token=gh.jwt())).data["slug"]
    found = await gh.rest("GET", f"{CUSTOMER}/installation", token=gh.jwt())
    assert (200, gh.installation.id) == (found.status, found.data["id"])


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"iss": "1"}, "Integration not found"),
        ({"exp": 1}, "future time"),
        ({"exp": 9_999_999_999}, "too far in the future"),
        ({"iat": 9_999_999_999}, "Issued at"),
    ],
    ids=["other-app", "expired", "over-ten-minutes", "issued-in-the-future"],
)
async def test_a_jwt_with_wrong_claims_is_refused(gh: Bench, claims: dict[str, object], message: str) -> None:
    """401 with the reason, as GitHub gives it."""
    answer = await gh.rest("GET", "/app", token=gh.jwt(**claims))
    assert 401 == answer.status
    assert message in answer.data["message"]


async def test_a_jwt_signed_by_another_key_is_refused(gh: Bench) -> None:
    """Only the App's own key proves the App."""
    head, claims, signature = gh.jwt().split(".")
    forged = ".".join((head, claims, signature[::-1]))
    assert 401 == (await gh.rest("GET", "/app", token=forged)).status


@pytest.mark.parametrize("path", ["/app", "/app/hook/deliveries", f"{CUSTOMER}/installation"])
async def test_an_installation_token_is_no_app(gh: Bench, path: str) -> None:
    """The App's routes ask for the JWT."""
    assert 401 == (await gh.rest("GET", path)).status


async def test_a_token_dies_after_an_hour(gh: Bench) -> None:
    """Tokens are worth nothing after `expires_at`."""
    minted = await gh.rest(
        "POST", f"/app/installations/{gh.installation.id}/access_tokens", {}, token=gh.jwt()
    )
    assert (201, "2024-05-06T10:00:00Z") == (minted.status, minted.data["expires_at"])
    token = minted.data["token"]
    assert 200 == (await gh.rest("GET", CUSTOMER, token=token)).status
    gh.clock.forward(hours=1)
    assert 401 == (await gh.rest("GET", CUSTOMER, token=token)).status


async def _narrow(gh: Bench, **asked: object) -> str:
    path = f"/app/installations/{gh.installation.id}/access_tokens"
    return str((await gh.rest("POST", path, asked, token=gh.jwt())).data["token"])


async def test_a_token_narrowed_to_a_repository_sees_no_other_private_one(gh: Bench) -> None:
    """To a narrowed token another private repository does not exist; a public one stays readable."""
    other = gh.world.create_repo("acme/other")
    token = await _narrow(gh, repositories=["product"])
    assert 404 == (await gh.rest("GET", f"/repos/{other.full_name}/issues", token=token)).status
    assert 200 == (await gh.rest("GET", "/repos/acme/product/issues", token=token)).status
    customer_only = await _narrow(gh, repositories=["customer"])
    refused = await gh.rest("POST", "/repos/acme/product/issues", {"title": "x"}, token=customer_only)
    assert (403, "Resource not accessible by integration") == (refused.status, refused.data["message"])


async def test_a_token_narrowed_to_reading_writes_nothing(gh: Bench) -> None:
    """Permissions asked for at minting bind the token."""
    token = await _narrow(gh, permissions={"issues": "read"})
    assert 200 == (await gh.rest("GET", f"{CUSTOMER}/issues", token=token)).status
    assert 403 == (await gh.rest("POST", f"{CUSTOMER}/issues", {"title": "x"}, token=token)).status
    assert 403 == (await gh.rest("GET", f"{CUSTOMER}/contents/README.md", token=token)).status


@pytest.mark.parametrize(
    "asked",
    [
        {"repositories": ["nowhere"]},
        {"permissions": {"contents": "write"}},
        {"permissions": {"issues": "all"}},
    ],
    ids=["unknown-repository", "more-than-granted", "no-such-level"],
)
async def test_a_token_beyond_the_installation_is_refused(gh: Bench, asked: dict[str, object]) -> None:
    """422: narrowing never widens."""
    path = f"/app/installations/{gh.installation.id}/access_tokens"
    assert 422 == (await gh.rest("POST", path, asked, token=gh.jwt())).status


async def test_a_suspended_installation_is_shut(gh: Bench) -> None:
    """Tokens answer 403 and webhooks stop; waking it undoes both."""
    token = gh.token()
    gh.gh.suspend(gh.installation)
    assert [("installation", "suspend")] == gh.events()
    gh.world.file_issue(gh.repo, "sam", "quiet")
    assert [("installation", "suspend")] == gh.events()
    assert 403 == (await gh.rest("GET", CUSTOMER, token=token)).status
    gh.gh.suspend(gh.installation, suspended=False)
    assert 200 == (await gh.rest("GET", CUSTOMER, token=token)).status


# ── issues ────────────────────────────────────────────────────────────────────────────────────────────


async def test_labels_of_somebody_without_triage_are_dropped_at_filing(gh: Bench) -> None:
    """GitHub files the issue and says nothing of the labels it dropped."""
    asked = {"title": "t", "labels": ["rfh"]}
    with_triage = await gh.rest("POST", f"{CUSTOMER}/issues", asked, token=gh.gh.token_for("sam"))
    without = await gh.rest("POST", f"{CUSTOMER}/issues", asked, token=gh.gh.token_for("olu"))
    assert ["rfh"] == [label["name"] for label in with_triage.data["labels"]]
    assert (201, []) == (without.status, without.data["labels"])


async def test_rest_creates_an_unknown_label_by_accident(gh: Bench) -> None:
    """Adding a label by a name that does not exist makes it; the name is compared in any case."""
    gh.world.file_issue(gh.repo, "sam", "t")
    await gh.rest("POST", f"{CUSTOMER}/issues/1/labels", {"labels": ["RFH", "tpyo"]})
    assert ["rfh", "team/search", "tpyo"] == [label.name for label in gh.world.state.labels_of(gh.repo)]


async def test_removing_a_label_that_is_not_there_is_404(gh: Bench) -> None:
    """The label exists in the repository, not on the issue."""
    gh.world.file_issue(gh.repo, "sam", "t", labels=["rfh"])
    assert 404 == (await gh.rest("DELETE", f"{CUSTOMER}/issues/1/labels/team%2Fsearch")).status
    assert 200 == (await gh.rest("DELETE", f"{CUSTOMER}/issues/1/labels/rfh")).status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"title": ""}, 422),
        ({"title": 7}, 422),
        ({"title": "t", "body": "x" * 65_537}, 422),
        ([], 400),
    ],
    ids=["no-title", "blank-title", "title-no-text", "body-too-long", "no-object"],
)
async def test_an_issue_that_makes_no_sense_is_refused(gh: Bench, body: object, status: int) -> None:
    """422 in GitHub's shape; nothing is filed."""
    answer = await gh.rest("POST", f"{CUSTOMER}/issues", body)
    assert status == answer.status
    assert {"message", "documentation_url"} <= answer.data.keys()
    assert [] == gh.world.state.issues_of(gh.repo)


async def test_the_list_pages_filters_and_shows_pull_requests(gh: Bench) -> None:
    """`since`, `state`, `sort`; a Link header leads on; pull requests are issues here."""
    for number in range(1, 6):
        gh.world.file_issue(gh.repo, "sam", f"issue {number}", pull=number == 3)
        gh.clock.forward(minutes=1)
    gh.world.close(gh.world.state.issue(gh.repo, 5), "sam")
    first = await gh.rest("GET", f"{CUSTOMER}/issues?state=all&sort=created&direction=asc&per_page=2")
    assert [1, 2] == [issue["number"] for issue in first.data]
    assert 'page=2>; rel="next"' in first.headers["link"]
    assert 'page=3>; rel="last"' in first.headers["link"]
    second = await gh.rest("GET", f"{CUSTOMER}/issues?state=all&sort=created&direction=asc&per_page=2&page=2")
    assert [(3, True), (4, False)] == [(one["number"], "pull_request" in one) for one in second.data]
    since = await gh.rest("GET", f"{CUSTOMER}/issues?state=all&since=2024-05-06T09:03:00Z&direction=asc")
    assert [4, 5] == [issue["number"] for issue in since.data]
    assert [4, 3, 2, 1] == [issue["number"] for issue in (await gh.rest("GET", f"{CUSTOMER}/issues")).data]


async def test_ends_of_issues(gh: Bench) -> None:
    """Deleted: 410. Transferred: 301 to where it is. Never there: 404."""
    other = gh.world.create_repo("acme/other")
    gone, moved = (gh.world.file_issue(gh.repo, "sam", title) for title in ("gone", "moved"))
    gh.world.delete_issue(gone, "max")
    gh.world.transfer(moved, other, "max")
    assert 410 == (await gh.rest("GET", f"{CUSTOMER}/issues/1")).status
    redirect = await gh.rest("GET", f"{CUSTOMER}/issues/2")
    assert (301, f"{gh.gh.api_url}/repos/acme/other/issues/1") == (
        redirect.status,
        redirect.headers["location"],
    )
    assert 404 == (await gh.rest("GET", f"{CUSTOMER}/issues/3")).status


async def test_a_private_issue_cannot_move_to_a_public_repository(gh: Bench) -> None:
    """GitHub refuses that transfer; publishing has to write anew."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    with pytest.raises(Exception, match="private issue to a public"):
        gh.world.transfer(issue, gh.public, "max")


async def test_archived_repositories_are_read_only(gh: Bench) -> None:
    """Reads go on, writes answer 403."""
    gh.world.file_issue(gh.repo, "sam", "t")
    gh.world.archive(gh.repo)
    assert 200 == (await gh.rest("GET", f"{CUSTOMER}/issues/1")).status
    assert 403 == (await gh.rest("POST", f"{CUSTOMER}/issues/1/comments", {"body": "x"})).status


# ── comments and reactions ────────────────────────────────────────────────────────────────────────────


async def test_a_comment_moves_updated_at_and_its_id_exceeds_32_bits(gh: Bench) -> None:
    """Whole seconds; ids as large as GitHub's are by now."""
    gh.world.file_issue(gh.repo, "sam", "t")
    gh.clock.forward(seconds=90.7)
    made = await gh.rest("POST", f"{CUSTOMER}/issues/1/comments", {"body": "hello"})
    assert 201 == made.status
    assert made.data["id"] > 2**31
    issue = (await gh.rest("GET", f"{CUSTOMER}/issues/1")).data
    assert ("2024-05-06T09:01:30Z", 1) == (issue["updated_at"], issue["comments"])


async def test_an_app_changes_only_its_own_comments(gh: Bench) -> None:
    """403 for another's; people who may write change any."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    theirs = gh.world.comment(issue, "sam", "mine")
    path = f"{CUSTOMER}/issues/comments/{theirs.id}"
    assert 403 == (await gh.rest("PATCH", path, {"body": "x"})).status
    assert 403 == (await gh.rest("PATCH", path, {"body": "x"}, token=gh.gh.token_for("olu"))).status
    assert 200 == (await gh.rest("PATCH", path, {"body": "x"}, token=gh.gh.token_for("erin"))).status
    assert 204 == (await gh.rest("DELETE", path, token=gh.gh.token_for("sam"))).status
    assert 404 == (await gh.rest("GET", path)).status


async def test_a_bot_is_named_with_its_suffix(gh: Bench) -> None:
    """REST: ``rfh-bot[bot]`` of type Bot."""
    gh.world.file_issue(gh.repo, "sam", "t")
    made = await gh.rest("POST", f"{CUSTOMER}/issues/1/comments", {"body": "hello"})
    assert ("rfh-bot[bot]", "Bot") == (made.data["user"]["login"], made.data["user"]["type"])


async def test_a_second_reaction_is_the_first(gh: Bench) -> None:
    """201, then 200 with the same id; only one's own can be taken back."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    path = f"{CUSTOMER}/issues/comments/{gh.world.comment(issue, 'sam', '/why').id}/reactions"
    first, second = [await gh.rest("POST", path, {"content": "+1"}) for _ in range(2)]
    assert (201, 200, first.data["id"]) == (first.status, second.status, second.data["id"])
    assert 422 == (await gh.rest("POST", path, {"content": "meh"})).status
    one = f"{path}/{first.data['id']}"
    assert 404 == (await gh.rest("DELETE", one, token=gh.gh.token_for("erin"))).status
    assert 204 == (await gh.rest("DELETE", one)).status


async def test_a_locked_issue_hears_only_those_who_may_write(gh: Bench) -> None:
    """A reader is refused; the App is not."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    gh.world.lock(issue, "max")
    path, body = f"{CUSTOMER}/issues/1/comments", {"body": "x"}
    assert 403 == (await gh.rest("POST", path, body, token=gh.gh.token_for("olu"))).status
    assert 201 == (await gh.rest("POST", path, body)).status


# ── people, labels, files ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("sam", "read", "triage"),
        ("erin", "write", "write"),
        ("max", "write", "maintain"),
        ("vera", "read", "support-lead"),
        ("stranger", "none", "none"),
    ],
)
async def test_the_permission_word_hides_what_the_role_tells(
    gh: Bench, login: str, permission: str, role: str
) -> None:
    """Triage, maintain and custom roles show only in `role_name`."""
    repo = gh.world.custom_role(gh.repo, "support-lead", "triage")
    gh.world.add_user("vera", "support-lead", repo)
    answer = await gh.rest("GET", f"{CUSTOMER}/collaborators/{login}/permission")
    assert (permission, role) == (answer.data["permission"], answer.data["role_name"])


async def test_everybody_reads_a_public_repository(gh: Bench) -> None:
    """There even a stranger has the read role."""
    answer = await gh.rest("GET", "/repos/acme/product/collaborators/stranger/permission")
    assert "read" == answer.data["role_name"]
    assert 404 == (await gh.rest("GET", "/repos/acme/product/collaborators/nobody/permission")).status


async def test_labels_page_by_a_hundred_and_answer_304(gh: Bench) -> None:
    """100 a page at most; an unchanged page is free."""
    for number in range(120):
        gh.world.create_label(gh.repo, f"l{number:03}")
    page = await gh.rest("GET", f"{CUSTOMER}/labels?per_page=500")
    assert 100 == len(page.data)
    used = (await gh.rest("GET", "/rate_limit")).data["resources"]["core"]["used"]
    again = await gh.rest(
        "GET", f"{CUSTOMER}/labels?per_page=500", headers={"if-none-match": page.headers["etag"]}
    )
    assert (304, None) == (again.status, again.data)
    assert used == (await gh.rest("GET", "/rate_limit")).data["resources"]["core"]["used"]
    gh.world.create_label(gh.repo, "a-new-one")
    changed = await gh.rest(
        "GET", f"{CUSTOMER}/labels?per_page=500", headers={"if-none-match": page.headers["etag"]}
    )
    assert 200 == changed.status


async def test_a_rename_keeps_the_id_on_every_issue(gh: Bench) -> None:
    """Same label, other name; creating a taken name is 422 already_exists, in any case."""
    issue = gh.world.file_issue(gh.repo, "sam", "t", labels=["rfh"])
    before = gh.world.state.label(gh.repo, "rfh")
    renamed = await gh.rest("PATCH", f"{CUSTOMER}/labels/rfh", {"new_name": "help"})
    assert (before.id, "help") == (renamed.data["id"], renamed.data["name"])
    assert ["help"] == gh.world.labels(issue)
    taken = await gh.rest("POST", f"{CUSTOMER}/labels", {"name": "HELP", "color": "ffffff"})
    assert (422, "already_exists") == (taken.status, taken.data["errors"][0]["code"])


async def test_a_file_is_read_with_its_sha_and_written_against_it(gh: Bench) -> None:
    """Base64, blob sha; a write without the sha of what is there is refused; a write is a push."""
    gh.world.put_file(gh.repo, ".github/rfh-bot.yml", "version: 1\n", "max")
    read = await gh.rest("GET", f"{CUSTOMER}/contents/.github/rfh-bot.yml")
    assert b"version: 1\n" == base64.b64decode(read.data["content"])
    gh.installation.permissions["contents"] = "write"
    change = {"message": "m", "content": base64.b64encode(b"version: 2\n").decode()}
    path = f"{CUSTOMER}/contents/.github/rfh-bot.yml"
    assert 422 == (await gh.rest("PUT", path, change)).status
    assert 409 == (await gh.rest("PUT", path, {**change, "sha": "0" * 40})).status
    assert 200 == (await gh.rest("PUT", path, {**change, "sha": read.data["sha"]})).status
    assert [("push", None)] * 2 == gh.events()


async def test_a_check_run_needs_its_conclusion(gh: Bench) -> None:
    """completed without a conclusion makes no sense."""
    asked = {"name": "policy", "head_sha": "0" * 40, "status": "completed"}
    assert 422 == (await gh.rest("POST", f"{CUSTOMER}/check-runs", asked)).status
    made = await gh.rest("POST", f"{CUSTOMER}/check-runs", {**asked, "conclusion": "failure"})
    assert (201, "failure") == (made.status, made.data["conclusion"])


# ── limits ────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_primary_limit_ends_with_the_hour(gh: Bench) -> None:
    """403 with nothing remaining; the next window is open."""
    gh.gh.limits.primary = 2
    answers = [await gh.rest("GET", CUSTOMER) for _ in range(3)]
    assert [200, 200, 403] == [one.status for one in answers]
    assert ["1", "0", "0"] == [one.headers["x-ratelimit-remaining"] for one in answers]
    assert "rate limit exceeded" in answers[-1].data["message"]
    gh.clock.forward(hours=1)
    assert 200 == (await gh.rest("GET", CUSTOMER)).status


async def test_content_beyond_eighty_a_minute_is_the_secondary_limit(gh: Bench) -> None:
    """403 with retry-after while the primary budget is far from used up."""
    gh.world.file_issue(gh.repo, "sam", "t")
    path, body = f"{CUSTOMER}/issues/1/comments", {"body": "x"}
    statuses = [(await gh.rest("POST", path, body)).status for _ in range(80)]
    assert {201} == set(statuses)
    refused = await gh.rest("POST", path, body)
    assert (403, "60") == (refused.status, refused.headers["retry-after"])
    assert int(refused.headers["x-ratelimit-remaining"]) > 4000
    assert 200 == (await gh.rest("GET", CUSTOMER)).status
    gh.clock.forward(minutes=1)
    assert 201 == (await gh.rest("POST", path, body)).status


async def test_the_log_tells_writes_from_reads(gh: Bench) -> None:
    """Minting a token is neither."""
    gh.world.file_issue(gh.repo, "sam", "t")
    await _narrow(gh)
    await gh.rest("GET", f"{CUSTOMER}/issues/1")
    await gh.rest("POST", f"{CUSTOMER}/issues/1/comments", {"body": "x"})
    assert ["/repos/{owner}/{repo}/issues/{issue_number}"] == [call.template for call in gh.gh.calls.reads]
    assert [("POST", 201)] == [(call.method, call.status) for call in gh.gh.calls.writes]
