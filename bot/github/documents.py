"""Floor 2: every request this program makes of GitHub: the GraphQL documents and the REST endpoints.

Nothing else in `bot/` spells a query or a path, so that three readers can hold on to one list: the contract
tests (GitHub's published SDL and OpenAPI), the sandbox (which serves exactly these), and whoever grants the
App its permissions. A value never stands in a document's text; it travels in the variables.

Ids: comment and issue ids exceed 32 bits, so `fullDatabaseId` (a BigInt, sent as a string) is read, never
`databaseId`. An Actor has no id of its own; each of its types has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Document:
    """One GraphQL operation. `name` is the operation's name, used in figures and errors."""

    kind: Literal["query", "mutation"]
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One REST operation. `path` is spelled as in GitHub's OpenAPI description, `query` names parameters."""

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    query: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """The RFC 6570 template: a file's path keeps its slashes, query parameters stand where given."""
        path = self.path.replace("/contents/{path}", "/contents/{+path}")
        return path + ("{?" + ",".join(self.query) + "}" if self.query else "")


# ── REST ────────────────────────────────────────────────────────────────────────────────────────────────────

CONVERT_MANIFEST: Final = Endpoint("POST", "/app-manifests/{code}/conversions")
GET_APP: Final = Endpoint("GET", "/app")
GET_HOOK: Final = Endpoint("GET", "/app/hook/config")
LIST_DELIVERIES: Final = Endpoint("GET", "/app/hook/deliveries", ("per_page", "cursor"))
REDELIVER: Final = Endpoint("POST", "/app/hook/deliveries/{delivery_id}/attempts")
GET_REPOSITORY: Final = Endpoint("GET", "/repos/{owner}/{repo}")
FIND_INSTALLATION: Final = Endpoint("GET", "/repos/{owner}/{repo}/installation")
MINT_TOKEN: Final = Endpoint("POST", "/app/installations/{installation_id}/access_tokens")
GET_ISSUE: Final = Endpoint("GET", "/repos/{owner}/{repo}/issues/{issue_number}")
LIST_ISSUES: Final = Endpoint(
    "GET",
    "/repos/{owner}/{repo}/issues",
    ("state", "creator", "labels", "sort", "direction", "since", "per_page", "page"),
)
CREATE_ISSUE: Final = Endpoint("POST", "/repos/{owner}/{repo}/issues")
UPDATE_ISSUE: Final = Endpoint("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}")
LIST_COMMENTS: Final = Endpoint(
    "GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", ("per_page", "page")
)
GET_ROLE: Final = Endpoint("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
GET_USER: Final = Endpoint("GET", "/users/{username}")
GET_SELF: Final = Endpoint("GET", "/user")
GET_FILE: Final = Endpoint("GET", "/repos/{owner}/{repo}/contents/{path}", ("ref",))
CREATE_LABEL: Final = Endpoint("POST", "/repos/{owner}/{repo}/labels")
ADD_ASSIGNEES: Final = Endpoint("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees")
CREATE_CHECK_RUN: Final = Endpoint("POST", "/repos/{owner}/{repo}/check-runs")

ENDPOINTS: Final = (
    CONVERT_MANIFEST,
    GET_APP,
    GET_HOOK,
    LIST_DELIVERIES,
    REDELIVER,
    GET_REPOSITORY,
    FIND_INSTALLATION,
    MINT_TOKEN,
    GET_ISSUE,
    LIST_ISSUES,
    CREATE_ISSUE,
    UPDATE_ISSUE,
    LIST_COMMENTS,
    GET_ROLE,
    GET_USER,
    GET_SELF,
    GET_FILE,
    CREATE_LABEL,
    ADD_ASSIGNEES,
    CREATE_CHECK_RUN,
)

# ── GraphQL: reads ──────────────────────────────────────────────────────────────────────────────────────────

_ACTOR = """
fragment ActorParts on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}
"""

_COMMENT = """
fragment CommentParts on IssueComment {
  id
  fullDatabaseId
  author { ...ActorParts }
  editor { ...ActorParts }
  body
  createdAt
  lastEditedAt
  isMinimized
  reactionGroups { content viewerHasReacted }
  url
}
"""

_EVENTS = """
fragment EventParts on IssueTimelineItems {
  __typename
  ... on LabeledEvent { createdAt actor { ...ActorParts } label { id name } }
  ... on UnlabeledEvent { createdAt actor { ...ActorParts } label { id name } }
  ... on ClosedEvent { createdAt }
  ... on ReopenedEvent { createdAt }
}
"""

_REPOSITORY = """
fragment RepositoryParts on Repository {
  id
  databaseId
  name
  owner { login }
  isPrivate
  isArchived
}
"""

_ISSUE = """
fragment IssueParts on Issue {
  id
  fullDatabaseId
  number
  title
  body
  state
  stateReason
  author { ...ActorParts }
  createdAt
  updatedAt
  lastEditedAt
  locked
  url
  assignees(first: 20) { nodes { login databaseId } }
  labels(first: 100) {
    nodes { id name }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LOAD_ISSUE: Final = Document(
    "query",
    "LoadIssue",
    """
query LoadIssue($owner: String!, $repo: String!, $number: Int!, $card: ID!, $withCard: Boolean!) {
  viewer { login databaseId }
  repository(owner: $owner, name: $repo) {
    ...RepositoryParts
    issue(number: $number) {
      ...IssueParts
      head: comments(first: 10) {
        totalCount
        nodes { ...CommentParts }
      }
      tail: comments(last: 50) {
        nodes { ...CommentParts }
        pageInfo { hasPreviousPage startCursor }
      }
      timelineItems(last: 100, itemTypes: [LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT]) {
        nodes { ...EventParts }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
  card: node(id: $card) @include(if: $withCard) { ...CommentParts }
}
"""
    + _REPOSITORY
    + _ISSUE
    + _COMMENT
    + _EVENTS
    + _ACTOR,
)

# Many issues a page, so less of each: GitHub ends a query after ten seconds. The first comments are read for
# the card's sake; it is nearly always among them. What is left out shows in the cursors, as in LOAD_ISSUE.
SWEEP_ISSUES: Final = Document(
    "query",
    "SweepIssues",
    """
query SweepIssues(
  $owner: String!, $repo: String!, $first: Int!, $after: String,
  $labels: [String!], $states: [IssueState!], $filterBy: IssueFilters, $direction: OrderDirection!
) {
  viewer { login databaseId }
  repository(owner: $owner, name: $repo) {
    ...RepositoryParts
    issues(
      first: $first, after: $after, labels: $labels, states: $states, filterBy: $filterBy,
      orderBy: {field: UPDATED_AT, direction: $direction}
    ) {
      totalCount
      nodes {
        ...IssueParts
        head: comments(first: 10) {
          totalCount
          nodes { ...CommentParts }
        }
        tail: comments(last: 20) {
          nodes { ...CommentParts }
          pageInfo { hasPreviousPage startCursor }
        }
        timelineItems(last: 50, itemTypes: [LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT]) {
          nodes { ...EventParts }
          pageInfo { hasPreviousPage startCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _REPOSITORY
    + _ISSUE
    + _COMMENT
    + _EVENTS
    + _ACTOR,
)

COMMENTS_BEFORE: Final = Document(
    "query",
    "CommentsBefore",
    """
query CommentsBefore($issue: ID!, $cursor: String!) {
  node(id: $issue) {
    ... on Issue {
      comments(last: 100, before: $cursor) {
        nodes { ...CommentParts }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
}
"""
    + _COMMENT
    + _ACTOR,
)

EVENTS_BEFORE: Final = Document(
    "query",
    "EventsBefore",
    """
query EventsBefore($issue: ID!, $cursor: String!) {
  node(id: $issue) {
    ... on Issue {
      timelineItems(
        last: 100, before: $cursor, itemTypes: [LABELED_EVENT, UNLABELED_EVENT, CLOSED_EVENT, REOPENED_EVENT]
      ) {
        nodes { ...EventParts }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
}
"""
    + _EVENTS
    + _ACTOR,
)

LABELS_AFTER: Final = Document(
    "query",
    "LabelsAfter",
    """
query LabelsAfter($issue: ID!, $cursor: String!) {
  node(id: $issue) {
    ... on Issue {
      labels(first: 100, after: $cursor) {
        nodes { id name }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
""",
)

REPOSITORY_LABELS: Final = Document(
    "query",
    "RepositoryLabels",
    """
query RepositoryLabels($owner: String!, $repo: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    labels(first: 100, after: $after) {
      nodes { id name }
      pageInfo { hasNextPage endCursor }
    }
  }
}
""",
)

READ_COMMENT: Final = Document(
    "query",
    "ReadComment",
    """
query ReadComment($id: ID!) {
  node(id: $id) { ...CommentParts }
}
"""
    + _COMMENT
    + _ACTOR,
)

# What is public in an issue, the latest change first, so that one page shows what an event told of; and the
# comments in which private data was seen, wherever they are.
WATCH_ISSUE: Final = Document(
    "query",
    "WatchIssue",
    """
query WatchIssue($owner: String!, $repo: String!, $number: Int!, $after: String, $known: [ID!]!) {
  viewer { login databaseId }
  repository(owner: $owner, name: $repo) {
    isPrivate
    issue(number: $number) {
      id
      title
      body
      url
      locked
      updatedAt
      comments(first: 50, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
        nodes { ...WatchedParts }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
  nodes(ids: $known) { ...WatchedParts }
}

fragment WatchedParts on IssueComment {
  id
  fullDatabaseId
  author { ...ActorParts }
  body
  updatedAt
}
"""
    + _ACTOR,
)


def team_members(count: int) -> Document:
    """The members of so many teams, a hundred each: aliases ``t0``, ``t1`` …, with variables of their own."""
    asked = ", ".join(f"$org{i}: String!, $team{i}: String!, $after{i}: String" for i in range(count))
    fields = "\n".join(
        f"  t{i}: organization(login: $org{i}) {{ team(slug: $team{i}) {{ ...TeamParts{i} }} }}"
        for i in range(count)
    )
    parts = "\n".join(
        f"fragment TeamParts{i} on Team {{ members(first: 100, after: $after{i}) "
        "{ nodes { login } pageInfo { hasNextPage endCursor } } }"
        for i in range(count)
    )
    return Document("query", "TeamMembers", f"query TeamMembers({asked}) {{\n{fields}\n}}\n{parts}\n")


QUERIES: Final = (
    LOAD_ISSUE,
    SWEEP_ISSUES,
    COMMENTS_BEFORE,
    EVENTS_BEFORE,
    LABELS_AFTER,
    REPOSITORY_LABELS,
    READ_COMMENT,
    WATCH_ISSUE,
    team_members(1),
)

# ── GraphQL: writes ─────────────────────────────────────────────────────────────────────────────────────────

Mutation = Literal[
    "removeLabelsFromLabelable",
    "addLabelsToLabelable",
    "addComment",
    "updateIssueComment",
    "deleteIssueComment",
    "minimizeComment",
    "unminimizeComment",
    "addReaction",
]

# What each mutation is asked to return: the ids it made, and the issue's new `updatedAt` where it has it.
_RETURNS: Final[dict[Mutation, str]] = {
    "removeLabelsFromLabelable": "{ labelable { ... on Issue { updatedAt } } }",
    "addLabelsToLabelable": "{ labelable { ... on Issue { updatedAt } } }",
    "addComment": "{ commentEdge { node { id fullDatabaseId issue { updatedAt } } } }",
    "updateIssueComment": "{ issueComment { id fullDatabaseId issue { updatedAt } } }",
    "deleteIssueComment": "{ clientMutationId }",
    "minimizeComment": "{ minimizedComment { isMinimized } }",
    "unminimizeComment": "{ unminimizedComment { isMinimized } }",
    "addReaction": "{ reaction { content } }",
}

MUTATIONS: Final[tuple[Mutation, ...]] = tuple(_RETURNS)


def apply_document(mutations: Sequence[Mutation]) -> Document:
    """One mutation document: alias and variable ``w0``, ``w1`` … in the order given.

    Each variable is the mutation's whole input object (``AddCommentInput!`` …), so the text depends on the
    kinds of writes alone. Root fields of a mutation run serially (GraphQL specification, 6.2.2); an error in
    one does not stop the next.
    """
    inputs = ", ".join(f"$w{i}: {name[0].upper()}{name[1:]}Input!" for i, name in enumerate(mutations))
    fields = "\n".join(f"  w{i}: {name}(input: $w{i}) {_RETURNS[name]}" for i, name in enumerate(mutations))
    return Document("mutation", "Apply", f"mutation Apply({inputs}) {{\n{fields}\n}}\n")
