"""The sandbox's GraphQL side: GitHub's shapes, errors by path, order of mutations, paging, lag."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_client import Bench, bench

ISSUE = """
query($number: Int!) {
  viewer { __typename login databaseId }
  repository(owner: "acme", name: "customer") {
    databaseId isPrivate isArchived
    issue(number: $number) {
      databaseId fullDatabaseId number state stateReason locked updatedAt lastEditedAt
      author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
      labels(first: 10) { nodes { id name } totalCount }
      comments(last: 10) {
        totalCount
        nodes {
          fullDatabaseId databaseId body isMinimized minimizedReason viewerDidAuthor lastEditedAt
          author { __typename login } editor { login }
          reactionGroups { content viewerHasReacted reactors(first: 1) { totalCount } }
        }
      }
      timelineItems(last: 20, itemTypes: [LABELED_EVENT, UNLABELED_EVENT]) {
        nodes {
          __typename
          ... on LabeledEvent { createdAt actor { login } label { name } }
          ... on UnlabeledEvent { createdAt actor { login } label { name } }
        }
      }
    }
  }
}
"""


@pytest.fixture
async def gh() -> Bench:
    made = bench()
    await made.gh.settle()
    made.webhooks.clear()
    return made


def _issue(answer: Any) -> dict[str, Any]:
    assert "errors" not in answer.data, answer.data
    found: dict[str, Any] = answer.data["data"]["repository"]["issue"]
    return found


async def test_an_issue_as_github_shows_it(gh: Bench) -> None:
    """Bots without their suffix, big ids as text, every kind of reaction listed."""
    issue = gh.world.file_issue(gh.repo, "sam", "t", labels=["rfh"])
    comment = gh.world.comment(issue, gh.gh.bot_login, "card")
    gh.world.react(comment, "erin", "HEART")
    gh.clock.forward(minutes=1)
    gh.world.edit_comment(comment, gh.gh.bot_login, "card 2")
    gh.world.minimize(comment, "OFF_TOPIC")
    shown = _issue(await gh.graphql(ISSUE, number=1))
    assert (None, str(issue.id), "OPEN") == (shown["databaseId"], shown["fullDatabaseId"], shown["state"])
    assert {"__typename": "User", "login": "sam"} == {k: shown["author"][k] for k in ("__typename", "login")}
    card = shown["comments"]["nodes"][0]
    assert ("Bot", "rfh-bot") == (card["author"]["__typename"], card["author"]["login"])
    assert ("rfh-bot", "2024-05-06T09:01:00Z") == (card["editor"]["login"], card["lastEditedAt"])
    assert (True, "off-topic", True) == (
        card["isMinimized"],
        card["minimizedReason"],
        card["viewerDidAuthor"],
    )
    hearts = {group["content"]: group["reactors"]["totalCount"] for group in card["reactionGroups"]}
    assert (8, 1, 0) == (len(hearts), hearts["HEART"], hearts["EYES"])


async def test_the_viewer_is_the_bot_with_its_suffix(gh: Bench) -> None:
    """`viewer` is a User by type, and names an App's bot as REST does."""
    viewer = (await gh.graphql("{ viewer { __typename login databaseId } }")).data["data"]["viewer"]
    bot = gh.gh.access.app.bot
    assert {"__typename": "User", "login": "rfh-bot[bot]", "databaseId": bot.id} == viewer


async def test_the_timeline_tells_labels_from_the_filing_on(gh: Bench) -> None:
    """Labels chosen when filing are events by the author; renamed labels show their new name."""
    issue = gh.world.file_issue(gh.repo, "sam", "t", labels=["rfh"])
    gh.world.add_label(issue, "team/search", gh.gh.bot_login)
    gh.world.remove_label(issue, "team/search", "erin")
    gh.world.rename_label(gh.repo, "rfh", "help")
    nodes = _issue(await gh.graphql(ISSUE, number=1))["timelineItems"]["nodes"]
    told = [(node["__typename"], node["actor"]["login"], node["label"]["name"]) for node in nodes]
    assert [
        ("LabeledEvent", "sam", "help"),
        ("LabeledEvent", "rfh-bot", "team/search"),
        ("UnlabeledEvent", "erin", "team/search"),
    ] == told


async def test_a_deleted_account_is_nobody(gh: Bench) -> None:
    """Author and actor become null; the words stay."""
    issue = gh.world.file_issue(gh.repo, "olu", "t")
    gh.world.comment(issue, "olu", "words")
    gh.world.delete_user("olu")
    shown = _issue(await gh.graphql(ISSUE, number=1))
    assert (None, None) == (shown["author"], shown["comments"]["nodes"][0]["author"])
    assert "words" == shown["comments"]["nodes"][0]["body"]


MUTATIONS = """
mutation(
  $a: AddLabelsToLabelableInput!, $b: UpdateIssueCommentInput!, $c: AddCommentInput!, $d: AddReactionInput!
) {
  a: addLabelsToLabelable(input: $a) { labelable { ... on Issue { number } } }
  b: updateIssueComment(input: $b) { issueComment { body } }
  c: addComment(input: $c) {
    clientMutationId commentEdge { node { body issue { comments(first: 1) { totalCount } } } }
  }
  d: addReaction(input: $d) { reaction { content } }
}
"""


async def test_mutations_run_in_order_and_one_error_stops_none(gh: Bench) -> None:
    """A refused mutation is null with an error at its path; those before and after it are done."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    theirs = gh.world.comment(issue, "sam", "mine")
    label = gh.world.state.label(gh.repo, "rfh")
    answer = await gh.graphql(
        MUTATIONS,
        a={"labelableId": issue.node_id, "labelIds": [label.node_id]},
        b={"id": theirs.node_id, "body": "x"},
        c={"subjectId": issue.node_id, "body": "card", "clientMutationId": "m1"},
        d={"subjectId": theirs.node_id, "content": "EYES"},
    )
    data = answer.data["data"]
    assert (200, None, "EYES") == (answer.status, data["b"], data["d"]["reaction"]["content"])
    assert ("m1", 2) == (
        data["c"]["clientMutationId"],
        data["c"]["commentEdge"]["node"]["issue"]["comments"]["totalCount"],
    )
    assert [("FORBIDDEN", ["b"])] == [(error["type"], error["path"]) for error in answer.data["errors"]]
    assert "mine" == gh.world.comments(issue)[0].body
    assert [("issues", "labeled"), ("issue_comment", "created")] == gh.events()[-2:]
    names = ["addLabelsToLabelable", "updateIssueComment", "addComment", "addReaction"]
    assert names == gh.gh.calls.mutations


async def _write(gh: Bench, name: str, given: dict[str, Any], token: str | None = None) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    query = f"mutation($i: {kind}) {{ {name}(input: $i) {{ clientMutationId }} }}"
    answer = (await gh.graphql(query, token=token, i=given)).data
    return answer["errors"][0].get("type", "INVALID") if "errors" in answer else "done"


async def test_what_is_gone_is_not_found_and_what_makes_no_sense_unprocessable(gh: Bench) -> None:
    """The three types of errors a writer meets."""
    issue, label = gh.world.file_issue(gh.repo, "sam", "t"), gh.world.state.label(gh.repo, "rfh")
    comment = gh.world.comment(issue, gh.gh.bot_login, "x")
    gh.world.delete_comment(comment, "max")
    assert "NOT_FOUND" == await _write(gh, "updateIssueComment", {"id": comment.node_id, "body": "y"})
    assert "NOT_FOUND" == await _write(gh, "addComment", {"subjectId": "I_nonsense", "body": "y"})
    assert "UNPROCESSABLE" == await _write(
        gh, "addComment", {"subjectId": issue.node_id, "body": "x" * 65_537}
    )
    foreign = gh.world.create_label(gh.public, "rfh")
    assert "UNPROCESSABLE" == await _write(
        gh, "addLabelsToLabelable", {"labelableId": issue.node_id, "labelIds": [foreign.node_id]}
    )
    taken = {"repositoryId": gh.repo.node_id, "name": "RFH", "color": "ffffff"}
    assert "UNPROCESSABLE" == await _write(gh, "createLabel", taken)
    gh.world.delete_issue(issue, "max")
    assert "NOT_FOUND" == await _write(
        gh, "removeLabelsFromLabelable", {"labelableId": issue.node_id, "labelIds": [label.node_id]}
    )


async def test_every_mutation_does_what_it_says(gh: Bench) -> None:
    """The rest of them, looked at in the world."""
    sam, repo = gh.world.who("sam"), gh.repo
    assert "done" == await _write(
        gh, "createIssue", {"repositoryId": repo.node_id, "title": "t", "body": "b"}
    )
    issue = gh.world.state.issue(repo, 1)
    comment = gh.world.comment(issue, gh.gh.bot_login, "x")
    steps = [
        ("updateIssue", {"id": issue.node_id, "title": "t2", "body": "b2"}),
        ("addAssigneesToAssignable", {"assignableId": issue.node_id, "assigneeIds": [sam.node_id]}),
        ("closeIssue", {"issueId": issue.node_id, "stateReason": "NOT_PLANNED"}),
        ("createLabel", {"repositoryId": repo.node_id, "name": "new", "color": "abcdef"}),
        ("addReaction", {"subjectId": comment.node_id, "content": "EYES"}),
        ("removeReaction", {"subjectId": comment.node_id, "content": "EYES"}),
        ("minimizeComment", {"subjectId": comment.node_id, "classifier": "OUTDATED"}),
    ]
    assert ["done"] * len(steps) == [await _write(gh, name, given) for name, given in steps]
    after = gh.world.issue(issue)
    assert ("t2", "b2", "closed", "not_planned") == (after.title, after.body, after.state, after.state_reason)
    assert ((sam.id,), "OUTDATED") == (after.assignee_ids, gh.world.comments(issue)[0].minimized)
    assert [] == gh.world.reactions(comment)
    assert "done" == await _write(gh, "reopenIssue", {"issueId": issue.node_id})
    assert "done" == await _write(gh, "deleteIssueComment", {"id": comment.node_id})
    assert ("open", []) == (gh.world.issue(issue).state, gh.world.comments(issue))


async def test_rights_hold_in_graphql_too(gh: Bench) -> None:
    """Private: not found to strangers. Public: readable, not writable without the right."""
    gh.world.file_issue(gh.repo, "sam", "t")
    public = gh.world.file_issue(gh.public, "sam", "t")
    stranger = gh.gh.token_for("stranger")
    answer = await gh.graphql(ISSUE, token=stranger, number=1)
    assert [("NOT_FOUND", ["repository"])] == [(e["type"], e["path"]) for e in answer.data["errors"]]
    label = {"labelableId": public.node_id, "labelIds": []}
    assert "FORBIDDEN" == await _write(gh, "addLabelsToLabelable", label, token=stranger)
    gh.installation.permissions["issues"] = "read"
    comment = {"subjectId": public.node_id, "body": "x"}
    assert "FORBIDDEN" == await _write(gh, "addComment", comment)


LIST = """
query($first: Int, $last: Int, $after: String, $before: String) {
  repository(owner: "acme", name: "customer") {
    issues(
      first: $first, last: $last, after: $after, before: $before, orderBy: {field: CREATED_AT, direction: ASC}
    ) {
      totalCount nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def test_pages_lead_forwards_and_backwards(gh: Bench) -> None:
    """Walking first/after and last/before meets every issue once, in order."""
    for _ in range(7):
        gh.world.file_issue(gh.repo, "sam", "t")
    forwards: list[int] = []
    after = None
    while True:
        page = (await gh.graphql(LIST, first=3, after=after)).data["data"]["repository"]["issues"]
        forwards += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert ([1, 2, 3, 4, 5, 6, 7], 7) == (forwards, page["totalCount"])
    backwards: list[int] = []
    before = None
    while True:
        page = (await gh.graphql(LIST, last=3, before=before)).data["data"]["repository"]["issues"]
        backwards = [node["number"] for node in page["nodes"]] + backwards
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert [1, 2, 3, 4, 5, 6, 7] == backwards


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [({}, "MISSING_PAGINATION_BOUNDARIES"), ({"first": 101}, "EXCESSIVE_PAGINATION")],
    ids=["none", "over-100"],
)
async def test_pages_need_bounds(gh: Bench, bounds: dict[str, int], kind: str) -> None:
    """No page without first or last, none over a hundred."""
    answer = await gh.graphql(LIST, **bounds)
    assert [kind] == [error["type"] for error in answer.data["errors"]]


async def test_filters_of_the_list(gh: Bench) -> None:
    """states, labels and since."""
    gh.world.file_issue(gh.repo, "sam", "a", labels=["rfh"])
    gh.clock.forward(hours=1)
    gh.world.close(gh.world.file_issue(gh.repo, "sam", "b", labels=["rfh"]), "sam")
    gh.world.file_issue(gh.repo, "sam", "c")

    async def numbers(args: str) -> list[int]:
        owner = 'owner: "acme", name: "customer"'
        query = f"{{ repository({owner}) {{ issues(first: 9, {args}) {{ nodes {{ number }} }} }} }}"
        answer = await gh.graphql(query)
        return [node["number"] for node in answer.data["data"]["repository"]["issues"]["nodes"]]

    assert [1, 2] == await numbers('labels: ["RFH"]')
    assert [1] == await numbers('labels: ["rfh"], states: [OPEN]')
    assert [2, 3] == await numbers('filterBy: {since: "2024-05-06T09:30:00Z"}')


async def test_over_the_primary_limit_graphql_answers_200(gh: Bench) -> None:
    """No data, one error of type RATE_LIMITED, and the headers that say when it ends."""
    gh.gh.limits.primary = 1
    await gh.graphql("{ viewer { login } }")
    answer = await gh.graphql("{ viewer { login } }")
    assert (200, "RATE_LIMITED") == (answer.status, answer.data["errors"][0]["type"])
    assert "0" == answer.headers["x-ratelimit-remaining"]


@pytest.mark.parametrize(
    "query",
    ["{ nonsense }", "{ viewer { login", 'query { repository(owner: "acme") { id } }'],
    ids=["unknown-field", "no-syntax", "missing-argument"],
)
async def test_a_query_that_is_none_answers_200_with_errors(gh: Bench, query: str) -> None:
    """As at GitHub: the status says nothing."""
    answer = await gh.graphql(query)
    assert (200, True) == (answer.status, bool(answer.data["errors"]))
    assert "data" not in answer.data


async def test_reads_may_lag_and_writes_never(gh: Bench) -> None:
    """With lag each read shows the world of up to that long ago; a mutation's answer is of now."""
    gh.world.file_issue(gh.repo, "sam", "t")
    gh.clock.forward(seconds=60)
    gh.gh.set_lag(10)
    issue = gh.world.state.issue(gh.repo, 1)
    seen = set()
    gh.world.comment(issue, "sam", "news")
    for _ in range(30):
        seen.add(_issue(await gh.graphql(ISSUE, number=1))["comments"]["totalCount"])
        rest = await gh.rest("GET", "/repos/acme/customer/issues/1")
        assert rest.data["comments"] in {0, 1}
    assert {0} == seen  # no time has passed: every read is older than the comment
    gh.clock.forward(seconds=5)
    seen = {_issue(await gh.graphql(ISSUE, number=1))["comments"]["totalCount"] for _ in range(30)}
    assert {0, 1} == seen
    gh.clock.forward(seconds=6)
    seen = {_issue(await gh.graphql(ISSUE, number=1))["comments"]["totalCount"] for _ in range(30)}
    assert {1} == seen
