"""The shipped policy says what the handbook says. The facts below are the handbook's own, by heading."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from bot.policy import load, tree
from bot.policy.schema import Policy

# Handbook, step 3 and "teams outside of engineering": heading → (owners, keywords).
KEYWORDS = {
    "Deployment": (
        {"delivery"},
        "deploy, Docker, container, image, Kubernetes, k8s, cluster, AWS, Google Cloud, GCP",
    ),
    "Monitoring, management, and performance optimization": (
        {"delivery"},
        "scaling, resources, performance, perf, monitoring, Grafana, Prometheus, alert, dashboard",
    ),
    "Code host connections": (
        {"repo-management"},
        (
            "code host, cloning, syncing, token, GitHub, GitLab, Bitbucket, Phabricator, Gerrit, repository,"
            " project, Perforce, src-expose, src serve-git"
        ),
    ),
    "Repository permissions": ({"repo-management"}, "permissions, ACLs, access, authorization, authz"),
    "User authentication (SSO)": (
        {"repo-management"},
        "authentication, authn, SSO, SAML, OAuth, auth proxy, OpenIDConnect, OIDC",
    ),
    "Code intelligence": (
        {"code-intelligence"},
        (
            "code intelligence, precise, navigation, LSIF, language server, LSP, go to definition, hover,"
            " find references, ctags, src lsif, Go, Java, Python, COBOL"
        ),
    ),
    "Search": (
        {"search-core", "search-product"},
        (
            "search, indexed search, indexing, diff search, symbols, keyword, filter, scope, version context,"
            " repogroup, saved search, code monitoring, src search"
        ),
    ),
    "Browser extension and code host native integrations": (
        {"extensibility"},
        (
            "browser extension, native integration, chrome, firefox, safari, Phabricator, Bitbucket, GitHub,"
            " GitLab"
        ),
    ),
    "Sourcegraph extensions": ({"extensibility"}, "extensions, plugins, blame, git-extras, Codecov"),
    "Batch Changes": (
        {"batch-changes"},
        "campaigns, large scale code changes, refactoring, src batch, automation, batch changes",
    ),
    "Cloud": ({"cloud-saas"}, "cloud, Open Source Search, sourcegraph.com"),
    "Code Insights": ({"code-insights"}, "insights, visualization, tracking, measuring, technical debt"),
    "Subscriptions and licenses": ({"ce"}, "subscription, license, key, renew, expire, contract"),
    "Usage statistics": ({"bizops"}, "usage, users, DAU, WAU, MAU"),
}

# Handbook, step 4 and step 5: team → (label, channel, handle); None: the handbook does not say.
TEAMS = {
    "delivery": ("team/delivery", None, "@delivery-support"),
    "repo-management": ("team/repo-management", "#repo-management", "@core-app-support"),
    "extensibility": ("team/extensibility", None, None),
    "code-intelligence": ("team/code-intelligence", None, None),
    "search-core": ("team/search-core", "#search", "@search-core-support"),
    "search-product": ("team/search-product", "#search", "@search-product-support"),
    "batch-changes": ("team/batch-changes", None, "@batchers-support"),
    "cloud-saas": ("team/cloud-saas", "#cloud-saas", "@cloud-saas"),
    "code-insights": ("team/code-insights", None, None),
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load.load_default()


@pytest.mark.parametrize("heading", KEYWORDS)
def test_every_keyword_of_the_handbook_belongs_to_its_owner(policy: Policy, heading: str) -> None:
    """Compared without case, for the handbook's code style says nothing about it."""
    owners, keywords = KEYWORDS[heading]
    listed = {
        keyword.casefold()
        for area in policy.routing.areas.values()
        if area.team in owners
        for keyword in area.keywords
    }
    assert set() == {keyword.strip().casefold() for keyword in keywords.split(",")} - listed


@pytest.mark.parametrize("team", TEAMS)
def test_every_label_channel_and_handle_of_the_handbook_is_there(policy: Policy, team: str) -> None:
    """A channel that the handbook does not name is marked as assumed."""
    label, channel, handle = TEAMS[team]
    there = policy.teams[team]
    assert (label, handle, channel is None) == (there.label, there.slack.handle, there.slack.assumed)
    assert there.slack.channel is not None
    if channel is not None:
        assert channel == there.slack.channel


def test_repository_management_is_reached_by_its_fallback_handle(policy: Policy) -> None:
    """The handbook: use @core-app-support if @repo-management-support does not exist."""
    assert "@repo-management-support" == policy.teams["repo-management"].slack.fallback_for


def test_the_search_teams_are_found_by_every_name_the_handbook_gives_them(policy: Policy) -> None:
    for team in ("search-core", "search-product"):
        there = policy.teams[team]
        names = {team, there.label, there.slack.handle, *there.aliases}
        assert {team, f"team/{team}", f"@{team}", f"@{team}-support"} <= names


def test_owners_outside_engineering_get_guidance_and_no_label(policy: Policy) -> None:
    outside = {id_: team for id_, team in policy.teams.items() if not team.engineering}
    assert {"ce", "bizops"} == outside.keys()
    assert {None} == {team.label for team in outside.values()}
    renewal, extension, rest = outside["ce"].guidance
    assert ("#ce", ("sales_rep", "ce")) == (renewal.channel, renewal.mention)
    assert "renew" in renewal.when
    assert ("ce",) == extension.mention
    assert extension.link is not None
    assert "license_keys" in extension.link
    assert ((), ()) == (rest.when, outside["bizops"].guidance[-1].when)


def test_trackers_kinds_and_priorities_are_the_handbooks(policy: Policy) -> None:
    assert ("sourcegraph/customer", "sourcegraph/sourcegraph") == (
        policy.tracker.private,
        policy.tracker.public,
    )
    assert {"help": ("rfh", True), "defect": (None, False), "feature": (None, False)} == {
        id_: (kind.label, kind.handoff) for id_, kind in policy.kinds.items()
    }
    p1, p2 = policy.priorities["p1"], policy.priorities["p2"]
    assert ["p1", "p2"] == list(policy.priorities)
    assert ("cs/p1", ("se/p1",), True, ("help", "defect")) == (p1.label, p1.aliases, p1.urgent, p1.kinds)
    assert ("cs/p2", False, ()) == (p2.label, p2.urgent, p2.kinds)
    assert "including all feature requests" in p2.definition
    assert "p2" == policy.default_priority


def test_the_support_side_is_the_handbooks(policy: Policy) -> None:
    assert "#customer-support-internal" == policy.support.channel
    assert {
        "customer-support": "/genie alert {message} for customer-support",
        "support-mgmt": "/genie alert {message} for support-mgmt",
    } == policy.support.paging


def test_commands_that_publish_need_more_than_triage(policy: Policy) -> None:
    assert {"default": "triage", "publish confirm": "write", "ack": "write"} == policy.commands.permissions
    assert ("check", "why", "snooze", "unsnooze", "docs", "resolved") == policy.commands.author


# ── JSON Schema ───────────────────────────────────────────────────────────────────────────────────


def shipped() -> object:
    return yaml.safe_load(load.default_text())


def test_the_json_schema_accepts_the_shipped_file_and_refuses_a_typo() -> None:
    schema = load.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert [] == list(validator.iter_errors(shipped()))
    assert 1 == len(list(validator.iter_errors({**shipped(), "teamz": {}})))  # type: ignore[dict-item]


OVERRIDES = {
    "nothing": ({}, True),
    "one value deep down": ({"teams": {"delivery": {"slack": {"channel": "#ship"}}}}, True),
    "deletions": ({"teams": {"ce": None}, "customers": None, "labels": {"rfh": None}}, True),
    "typo": ({"teams": {"delivery": {"slak": {}}}}, False),
    "wrong value": ({"writer": "apps"}, False),
    "an item of a list is complete": ({"teams": {"ce": {"guidance": [{"id": "x"}]}}}, False),
}


@pytest.mark.parametrize(("override", "fine"), OVERRIDES.values(), ids=OVERRIDES.keys())
def test_the_json_schema_of_an_override_requires_nothing_and_lets_null_delete(
    override: dict[str, object], fine: bool
) -> None:
    schema = load.json_schema(override=True)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert fine == jsonschema.Draft202012Validator(schema).is_valid(override)


def test_both_yaml_parsers_read_the_shipped_file_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, its own parser is used, which is pickier."""
    monkeypatch.setattr(tree, "_Loader", yaml.SafeLoader)
    assert load.load_default() == load.load_files(load.default_text())


def test_the_json_schema_accepts_the_shipped_file_as_override_too() -> None:
    assert jsonschema.Draft202012Validator(load.json_schema(override=True)).is_valid(shipped())


def test_every_key_is_described_for_editors() -> None:
    """A key's own description, or the one of the mapping that stands there."""
    schema = load.json_schema()
    groups = {**schema["$defs"], "Policy": schema, "": {}}
    bare = [
        f"{name}.{key}"
        for name, group in groups.items()
        for key, value in group.get("properties", {}).items()
        if not (value.get("description") or groups[value.get("$ref", "").split("/")[-1]].get("description"))
    ]
    assert [] == bare
