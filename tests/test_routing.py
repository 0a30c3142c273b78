"""The router: what decides, how sure it is, and what never matters."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.load import load_default, load_files
from bot.policy.schema import Policy
from bot.rules.routing import Router


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_default()


@pytest.fixture(scope="module")
def router(policy: Policy) -> Router:
    return Router(policy)


ROUTER = Router(load_default())  # for properties: Hypothesis and fixtures of a module do not mix

TITLES = {
    "delivery": "Helm chart: the frontend pods do not start after the upgrade",
    "repo-management": "gitserver does not clone new repositories from Bitbucket Server",
    "extensibility": "Browser extension shows nothing on GitLab merge requests",
    "code-intelligence": "Go to definition ignores the LSIF upload",
    "search-core": "zoekt-indexserver runs out of memory on the monorepo",
    "search-product": "Code monitors and saved searches are not sent",
    "batch-changes": "Changesets of a batch change stay unpublished",
    "cloud-saas": "Sign up on Sourcegraph Cloud and add private repositories",
    "code-insights": "Code Insights: data series stops in June",
    "ce": "License key expires before the renewal",
    "bizops": "Usage statistics: monthly active users are too low",
}


@pytest.mark.parametrize(("team", "title"), TITLES.items(), ids=TITLES)
def test_a_clear_title_alone_gets_the_label(router: Router, team: str, title: str) -> None:
    """Each team's own words in a title are enough for the bot to act."""
    route = router.route(title, "")
    assert (team, "apply") == (route.team, route.decision)


# ── what the handbook and domain rules say ──────────────────────────────────────────────────

RULES = [
    (
        "code host, user interface",
        "The button is gone on GitHub pull requests in Chrome",
        "",
        "extensibility",
    ),
    (
        "code host, backend",
        "GitHub connection stops at the rate limit",
        "Cloning is slow.",
        "repo-management",
    ),
    ("perforce", "Perforce depots in the search results", "", "repo-management"),
    ("permission syncing", "Permission syncing of GitLab groups takes days", "", "repo-management"),
    ("cvs", "Does it work with CVS?", "", "batch-changes"),
    ("licence enforcement", "License enforcement locks out users", "", "ce"),
    ("sourcegraph.com as a host", "Find references is wrong", "See sourcegraph.com/x", "code-intelligence"),
    ("sourcegraph.com as the product", "Add my repositories to sourcegraph.com", "", "cloud-saas"),
    ("a language leans to code intelligence", "Problem with Kotlin", "", "code-intelligence"),
    ("a component beats a generic word", "Search: zoekt pods crash", "", "search-core"),
    ("the feature inside another", "Code Insights ignores the search context", "", "code-insights"),
    ("time-outs are the core's", "Queries time out on our monorepo", "", "search-core"),
    ("syntax is the product's", "Quotes in the query hide the filter", "", "search-product"),
]


@pytest.mark.parametrize(("title", "body", "team"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_rules_of_the_handbook(router: Router, title: str, body: str, team: str) -> None:
    """Context rules, exceptions and specificity lead to the owner."""
    assert team == router.route(title, body).team


def test_an_exception_is_named_with_who_comes_second(router: Router) -> None:
    """Licence enforcement goes through CE, Batch Changes is named second."""
    route = router.route("License enforcement: our limit is wrong", "")
    assert ("ce", True) == (route.team, "batch-changes" in route.also)
    assert "exception:licence-enforcement" in route.reasons


def test_an_exception_that_does_not_win_is_no_reason(router: Router) -> None:
    """A word of an exception in passing does not explain another team's verdict."""
    route = router.route("Helm chart: docker images cannot be pulled on Kubernetes", "We also use Perforce.")
    assert ("delivery", ()) == (route.team, route.reasons)


def test_a_beta_feature_is_named(router: Router) -> None:
    """Beta features carry a reason, so that the card can say: engage early."""
    assert "beta:auto-indexing" in router.route("Auto-indexing runs out of memory", "").reasons


def test_a_beta_features_name_speaks_for_the_product_it_is_made_of(router: Router) -> None:
    """The name hides the words in it, and says what they say: nobody would say nobody."""
    route = router.route("Server-side batch changes", "")
    assert ("apply", "batch-changes", ("beta:server-side-batch-changes",)) == (
        route.decision,
        route.team,
        route.reasons,
    )


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Cody answers nothing in the chat", "nobody:cody"),
        ("CODEOWNERS of a renamed team", "nobody:own"),
        ("Flaky e2e tests on Buildkite", "nobody:internal"),
    ],
)
def test_what_belongs_to_nobody_is_recognised(router: Router, title: str, reason: str) -> None:
    """Areas without an owner end in no team, with the area as the reason."""
    route = router.route(title, "")
    assert ("none", None) == (route.decision, route.team)
    assert (reason,) == route.reasons


def test_nothing_known_says_nothing(router: Router) -> None:
    """Without a word of the policy there is no team, no candidate and no score."""
    route = router.route("Hello", "It does not work, please help.")
    assert ("none", None, (), 0.0) == (route.decision, route.team, route.candidates, route.score)


def test_a_question_over_two_subjects_is_only_suggested(router: Router) -> None:
    """Two teams with like evidence: the better is suggested, the other is named."""
    route = router.route("Batch changes and code insights", "")
    assert "suggest" == route.decision
    assert {"batch-changes", "code-insights"} == {route.team, *route.also}


def test_candidates_are_ordered_and_explained(router: Router) -> None:
    """Best first, scores fall, each candidate has its words and an area of its team."""
    route = router.route("Search contexts: permission denied for repo permissions", "gitserver is fine")
    scores = [candidate.score for candidate in route.candidates]
    assert sorted(scores, reverse=True) == scores
    assert all(candidate.matched for candidate in route.candidates)
    assert route.candidates[0].team == route.team
    assert all(0 < score < 1 for score in scores)


def test_labels_are_no_evidence(router: Router) -> None:
    """The router reads title and body; whose label counts is decided elsewhere."""
    labelled = router.route("Search is slow", "", labels=("team/batch-changes",))
    assert router.route("Search is slow", "") == labelled


def test_a_title_weighs_about_three_times_as_much_as_a_body(router: Router) -> None:
    """The same word: three times the weight in the title."""
    title, body = router.route("zoekt", ""), router.route("", "zoekt")
    assert 3 == title.candidates[0].matched[0].weight / body.candidates[0].matched[0].weight


def test_a_title_prefix_weighs_most(router: Router) -> None:
    """`batches: …` tells the subject whatever the rest says."""
    assert "batch-changes" == router.route("batches: repository permissions are ignored", "").team
    assert "repo-management" == router.route("gitserver: batches of fetches pile up", "").team


def test_search_teams_are_decided_second(router: Router) -> None:
    """What only says search speaks for both; the specific words decide between them."""
    core = router.route("Search results are missing", "The zoekt shard is corrupt.")
    product = router.route("Search results are missing", "The search context is gone.")
    assert ("search-core", "search-product") == (core.team, product.team)
    words = {match.word for match in core.candidates[0].matched}
    assert {"search results", "zoekt"} <= words


# ── text as the router sees it ──────────────────────────────────────────────────────────────

NOISE = [
    ("HTML comment", "<!-- batch changes campaigns changesets -->"),
    ("cc line", "cc @sourcegraph/batchers"),
    ("mention", "Thanks @batch-changes-goalie"),
    ("template headings", "### Steps to reproduce\n### Expected behavior\n"),
    ("version line", "**Sourcegraph version:** 3.43.2"),
    ("platform line", "**Platform information:** Docker 20.10, Chrome 103"),
    ("link", "https://docs.example.com/batch_changes/how-to"),
]


@pytest.mark.parametrize("noise", [n[1] for n in NOISE], ids=[n[0] for n in NOISE])
def test_noise_does_not_change_the_team(router: Router, noise: str) -> None:
    """What nobody wrote to say the subject does not decide the subject."""
    for team, title in TITLES.items():
        assert team == router.route(title, f"It started last week.\n{noise}\n").team


FORM = """### Kind
Request for help

### Need
Find out why hovers are missing

### Engineering team
_No response_

### Environment
Kubernetes on GKE with the Helm chart, Postgres outside of the cluster

### Zendesk ticket
https://example.zendesk.com/1
"""


@pytest.mark.parametrize(
    "form", [FORM, FORM.replace("### ", "**").replace("\n", ":**\n")], ids=["form", "bold"]
)
def test_a_filled_template_is_routed_by_the_need(router: Router, form: str) -> None:
    """The template's own headings are no topic; what stands under Environment counts little."""
    assert "code-intelligence" == router.route("Nothing appears over a function", form).team


def test_words_of_code_and_logs_count_little_but_services_count(router: Router) -> None:
    """A log line's service is evidence; the words of its message are hardly any."""
    log = '```\nlvl=eror logger=gitserver msg="search results dropdown filter"\n```'
    assert "repo-management" == router.route("Errors since yesterday", log).team


def test_a_repeated_word_saturates(router: Router) -> None:
    """A hundred repetitions count less than twice as much as one."""
    once, often = router.route("", "helm chart"), router.route("", "helm chart " * 100)
    weights = [route.candidates[0].matched[0].weight for route in (once, often)]
    assert weights[0] < weights[1] < 2 * weights[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("repo-updater crashes", "repo_updater crashes"),
        ("code insights are empty", "CodeInsights are empty"),
        ("campaign is stuck", "Campaigns are stuck"),
        ("the query times out", "THE QUERY TIMES OUT"),
        ("syncing repositories", "repository syncs"),
    ],
)
def test_spellings_that_mean_the_same(router: Router, one: str, other: str) -> None:
    """Case, separators, inflections and joined words lead to the same team."""
    team = router.route(one, "").team
    assert team is not None
    assert team == router.route(other, "").team


def test_words_are_whole_words(router: Router) -> None:
    """No keyword is found inside another word."""
    assert () == router.route("Helmet, podium, insightful, ownerless, lsiffy", "").candidates


def test_a_filter_is_not_a_label_with_a_colon(router: Router) -> None:
    """`repo:x` is a search filter, `Repo: x` and `Context: y` are not."""
    assert "search-product" == router.route("repo:foo context:bar finds nothing", "").team
    assert () == router.route("Hm", "Repo: foo\nContext: bar\nFile: baz").candidates


# ── properties ──────────────────────────────────────────────────────────────────────────────

WORDS = st.sampled_from(
    [
        *(
            "zoekt",
            "helm",
            "chart",
            "batch",
            "change",
            "insight",
            "GitHub",
            "clone",
            "SAML",
            "hover",
            "license",
        ),
        *(
            "key",
            "search",
            "slow",
            "the",
            "a",
            "of",
            "repo:x",
            "https://x.org/zoekt",
            "`code`",
            "@team",
            "C++",
        ),
        *("**Version:**", "3.4", "-", "#", ">", "(", ")", "“", "…"),
    ]
)
BODIES = st.lists(WORDS, max_size=40).map(" ".join)


@given(st.sampled_from(list(TITLES.values())), BODIES)
def test_the_router_is_pure(title: str, body: str) -> None:
    """The same text gives the same verdict, and every verdict is well-formed."""
    route = ROUTER.route(title, body)
    assert ROUTER.route(title, body) == route
    assert (route.decision == "none") == (route.team is None)
    assert 0 <= route.score < 1
    assert -1 < route.margin <= route.score


@given(
    st.lists(
        st.sampled_from(
            ["zoekt", "helm", "chart", "batch", "change", "GitHub", "clone", "SAML", "slow", "the"]
        ),
        max_size=30,
    )
)
def test_white_space_and_line_ends_say_nothing(parts: list[str]) -> None:
    """Spaces, line breaks and CRLF between words give one verdict, words of phrases included."""
    plain = ROUTER.route("Question", "x " + " ".join(parts))
    assert plain == ROUTER.route("Question", "x " + "\n".join(parts))
    assert plain == ROUTER.route("Question", "x " + "\r\n".join(parts))
    assert plain == ROUTER.route("  Question ", "x \t " + "   ".join(parts) + "\n\n")


@given(st.sampled_from(list(TITLES.values())), BODIES)
def test_case_says_nothing(title: str, body: str) -> None:
    """Upper case changes no verdict."""
    assert ROUTER.route(title, body).candidates == ROUTER.route(title.upper(), body.upper()).candidates


@given(st.sampled_from(list(TITLES.values())), BODIES)
def test_links_and_versions_do_not_change_the_team(title: str, body: str) -> None:
    """Lines of context added at the end leave the verdict as it was."""
    added = f"{body}\n\n**Sourcegraph version:** 3.43.2\nhttps://example.com/a/b?c=d\n"
    assert ROUTER.route(title, body).team == ROUTER.route(title, added).team


@given(st.text(max_size=60), st.text(max_size=400))
def test_any_text_is_routed_and_explained(title: str, body: str) -> None:
    """No text breaks the router; highlighted stretches lie inside the text and in order."""
    ROUTER.route(title, body)
    for found in ROUTER.explain(title, body):
        text = title if found.where == "title" else body
        assert 0 <= found.start < found.end <= len(text)


def test_explain_points_at_the_words(router: Router) -> None:
    """Each highlighted stretch is the word it names, with area and weight."""
    title, body = "batches: Zoekt İ is slow", "Our **Repo-Updater** logs\n`repo:x`"
    found = [((title, body)[f.where == "body"][f.start : f.end], f.word) for f in router.explain(title, body)]
    assert ("batches", "batches") in found
    assert ("Zoekt", "zoekt") in found
    assert ("Repo-Updater", "repo-updater") in found
    assert ("repo:", "repo:") in found


def test_time_grows_with_the_text_and_not_faster(router: Router) -> None:
    """Eight times the text takes about eight times as long, whatever its form."""
    for hostile in ("zoekt ", "a:", "@", "x://", "repo:", "<!--", "**a:** ", "code ", "```\n", "# \n"):
        small, large = (hostile * (size // len(hostile)) for size in (20_000, 160_000))
        times = []
        for text in (small, large):
            best = 1e9
            for _ in range(2):
                start = time.perf_counter()
                router.route("", text)
                best = min(best, time.perf_counter() - start)
            times.append(best)
        assert times[1] < 8 * 4 * times[0] + 0.05, hostile


# ── the policy is what decides ──────────────────────────────────────────────────────────────


def test_a_policy_of_another_house_routes_its_own_way() -> None:
    """Nothing of Sourcegraph is in the code: an override's words decide."""
    from bot.policy.load import default_text

    override = """
routing:
  areas:
    deployment:
      words:
        - {weight: 5, reason: our own word, words: [flux capacitor]}
"""
    router = Router(load_files(default_text(), override))
    assert "delivery" == router.route("The flux-capacitors overheat", "").team
    assert "delivery" != router.route("Helm chart", "").team
