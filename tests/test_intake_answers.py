"""What counts as an answer, field by field (the table "What a complete issue has")."""

from __future__ import annotations

import pytest
from intake_bodies import RULE, check, gap, markdown, reason

from bot.policy.load import default_text, load_files
from bot.rules.intake import IntakeRule


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.43.2", "3.43.2"),
        ("v3.34", "3.34"),
        ("4.2.0-rc.1", "4.2.0-rc.1"),
        ("`4.0.1`", "4.0.1"),
        ("Sourcegraph 3.41.0 (docker-compose 1.29.2)", "3.41.0"),
        ("docker compose 1.29, sourcegraph/server:3.41.0", "3.41.0"),
        ("running 3.41, upgrading next week", "3.41"),
        ("95869_2021-05-12_379977d", "95869_2021-05-12_379977d"),
        ("156049_2022-06-27_3.41-5f1c7a9e2b0d", "156049_2022-06-27_3.41-5f1c7a9e2b0d"),
        ("insiders 95869_2021-05-12_379977d", "insiders 95869_2021-05-12_379977d"),
        ("insiders@sha256:9f86d081884c7d659a2feaa0", "insiders 9f86d081884c7d659a2feaa0"),
        ("Sourcegraph.com", "sourcegraph.com"),
        ("https://sourcegraph.com/search", "sourcegraph.com"),
        ("the latest one", None),
        ("latest (3.43)", "3.43"),
        ("insiders", None),
        ("4", None),
        ("3.x", None),
        ("10.0.0.1", None),
        ("12.05.2021", None),
        ("2021.05", None),
        ("3.43.2/3.43.1", "3.43.2"),
        ("upgraded from 3.40 to 3.43.2", "3.43.2"),
        ("Chrome 101.0", None),
        ("Docker Engine version 20.10", None),
        ("Kubernetes 1.21", None),
        ("https://sourcegraph.northmere.example", None),
        ("northmere.sourcegraph.com", None),
        ("newest as of 2022-05-12", None),
    ],
)
def test_a_version_is_a_real_one(text: str, version: str | None) -> None:
    intake = check(markdown(version=text))
    assert version == intake.values.get("version")
    assert (None if version else "not-a-version") == reason(intake, "version")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("northmere", "customer/northmere"),
        ("customer/northmere", "customer/northmere"),
        ("Customer/NORTHMERE", "customer/northmere"),
        ("Northmere, Inc.", "customer/northmere"),
        ("`Northmere`", "customer/northmere"),
        ("[Northmere](https://example.com)", "customer/northmere"),
        ("Northmere (prospect)", "customer/northmere"),
        ("Tessaro Labs", "customer/Tessaro-Labs"),
        ("tessaro_labs GmbH", "customer/Tessaro-Labs"),
        ("Quandel & Söhne", "customer/quandel"),
        ("The Meridian Trust", "customer/meridian"),
    ],
)
def test_a_customer_is_found_however_it_is_written(text: str, label: str) -> None:
    """By label or by a name policy knows; the label is given as the repository spells it."""
    policy = load_files(
        default_text(), "customers:\n  meridian: {names: [The Meridian Trust], prospect: true}\n"
    )
    assert label == check(markdown(customer=text), IntakeRule(policy)).customer


def test_an_unknown_customer_is_asked_about_with_near_matches() -> None:
    intake = check(markdown(customer="Nordmere"))
    found = gap(intake, "customer")
    assert found is not None
    assert ("unknown-customer", "Nordmere", ("customer/northmere",)) == (found.reason, found.seen, found.near)
    assert None is intake.customer


def test_without_the_repositorys_labels_any_customer_is_taken() -> None:
    intake = check(markdown(customer="Nordmere"), customers=None)
    assert (None, "Nordmere") == (reason(intake, "customer"), intake.values["customer"])
    assert None is intake.customer  # no label is invented


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        ("48211", "#48211"),
        ("#48211", "#48211"),
        ("ZD-48211", "#48211"),
        ("Zendesk ticket no. 48211", "#48211"),
        ("#48211, #48212", "#48211, #48212"),
        (
            "https://sourcegraph.zendesk.com/agent/tickets/48211",
            "https://sourcegraph.zendesk.com/agent/tickets/48211",
        ),
        (
            "[48211](https://sourcegraph.zendesk.com/agent/tickets/48211)",
            "https://sourcegraph.zendesk.com/agent/tickets/48211",
        ),
        ("https://sourcegraph.zendesk.com/agent/dashboard", None),
        ("https://notzendesk.com/agent/tickets/48211", None),
        ("opened in 2022", None),
        ("they wrote in Slack", None),
    ],
)
def test_a_ticket_is_a_link_or_a_number(text: str, ticket: str | None) -> None:
    intake = check(markdown(zendesk=text))
    assert ticket == intake.values.get("zendesk")
    assert (None if ticket else "not-a-ticket") == reason(intake, "zendesk")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://docs.google.com/document/d/1", None),
        ("https://northmere.lightning.force.com/001", None),
        ("[account](https://acme.my.salesforce.com/0015)", None),
        ("none, because they are still on a laptop trial", None),
        ("N/A - trial on a laptop", None),
        ("None: prospect without a deployment", None),
        ("none", "none-without-reason"),
        ("None.", "none-without-reason"),
        ("n/a", "none-without-reason"),
        ("none available yet", "none-without-reason"),
        ("TBD", "placeholder"),
        ("", "missing"),
        ("ask their CE", "not-a-link"),
        ("https://docs.google.com.evil.example/d/1", "host-not-allowed"),
        ("https://pastebin.example/1", "host-not-allowed"),
    ],
)
def test_a_doc_is_a_link_to_an_allowed_host_or_none_with_a_reason(text: str, why: str | None) -> None:
    assert why == reason(check(markdown(docs=text)), "docs")


def test_either_doc_is_enough() -> None:
    body = markdown(docs=None) + "\n\n**Deployment doc:** none\n**Account doc:** https://docs.google.com/d/1"
    assert None is reason(check(body), "docs")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Request for help", "help"),
        ("RFH", "help"),
        ("request for help (RFH)", "help"),
        ("- [x] Defect\n- [ ] Feature request", "defect"),
        ("It is a bug", "defect"),
        ("**Feature request**", "feature"),
        ("Request for help, Defect or Feature request", None),
        ("Defect or feature", None),
        ("incident", None),
    ],
)
def test_the_kind_is_one_that_policy_knows(text: str, kind: str | None) -> None:
    intake = check(markdown(kind=text))
    assert kind == intake.kind == RULE.parse(markdown(kind=text)).kind
    assert (kind is None) == ("kind" in [each.field for each in intake.missing])


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("team/search-core", "search-core"),
        ("Search Core", "search-core"),
        ("@batchers-support", "batch-changes"),
        ("the Delivery team", "delivery"),
        ("not sure", None),
        ("Search", None),
        ("Marketing", None),
    ],
)
def test_a_team_chosen_in_the_template(text: str, team: str | None) -> None:
    assert team == RULE.parse(markdown(team=text)).team == check(markdown(team=text)).team


def test_an_unknown_team_is_said_and_never_blocks() -> None:
    found = gap(check(markdown(team="Marketing")), "team")
    assert found is not None
    assert ("unknown-team", False) == (found.reason, found.required)
    assert None is gap(check(markdown(team="not sure")), "team")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"reported": "Yes", "quote": "> It stopped on Monday."}, None),
        ({"reported": "Yes", "steps": "> It stopped on Monday."}, None),
        ({"reported": "Yes"}, "missing"),
        ({"reported": "Yes", "quote": "n/a"}, "placeholder"),
        ({"reported": "Yes", "quote": "It stopped on Monday."}, "not-quoted"),
        ({"reported": "Yes", "quote": "> [!NOTE]\n> ours"}, "missing"),
        ({"reported": "No"}, None),
        ({}, None),
    ],
)
def test_a_quote_block_is_required_when_a_customer_reported_it(
    answers: dict[str, str], why: str | None
) -> None:
    intake = check(markdown(**answers))
    assert why == reason(intake, "quote")
    assert (why is not None) == ("quote" in [each.field for each in intake.missing])


@pytest.mark.parametrize(
    "line",
    [
        "“Our search has been empty since Monday.”",
        '"Can you please look at our instance"',
        "- „Wir sehen seit Montag nichts mehr in der Suche“",
        "Customer said: nothing is found since Monday",
        "They wrote on Friday: it is still broken",
        'The admin added "we really need this before the release" yesterday',
    ],
)
def test_what_looks_quoted_outside_a_block_is_pointed_at(line: str) -> None:
    """By line, as people count; only as a hint when nobody said that a customer reported it."""
    body = markdown(steps=f"Open a file.\n\n{line}\n\nThen wait.")
    found = gap(check(body), "quote")
    assert found is not None
    assert ("not-quoted", False) == (found.reason, found.required)
    assert [line] == [body.split("\n")[number - 1] for number in found.lines]


@pytest.mark.parametrize(
    "text",
    [
        'The log says "failed to fetch: exit status 128" every minute.',
        '"repo:^github\\.com/northmere$ lang:go"',
        'Set "externalURL" to "https://sourcegraph.northmere.example".',
        '"message": "we can not help you"',
        '```\n"We need this, please look at our instance"\n```',
        "> “Our search has been empty since Monday.”",
        "Customer said:\n\n> nothing is found since Monday",
        'Click on "Save".',
    ],
)
def test_errors_queries_code_and_real_quotes_are_no_loose_quotes(text: str) -> None:
    assert None is reason(check(markdown(steps=text)), "quote")
