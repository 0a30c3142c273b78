"""Reading a policy: strict, every mistake at once, each with its place; overrides merged key by key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import PolicyError
from bot.policy import load, problems
from bot.policy.schema import Policy

BASE = """\
version: 1
name: small
tracker: {private: acme/customer}
kinds:
  help: {name: Request for help, names: [rfh], label: rfh, handoff: true}
  defect: {name: Defect}
priorities:
  p1: {label: cs/p1, aliases: [se/p1], definition: rare, kinds: [help]}
  p2: {label: cs/p2, definition: all the rest}
default_priority: p2
teams:
  red:
    name: Red
    label: team/red
    label_aliases: [team/crimson]
    slack: {channel: "#red", handle: "@red-support"}
  blue: {name: Blue, label: team/blue, aliases: [azure]}
intake:
  fields:
    version: {label: Version, need: required, paste: 3.43.2}
routing:
  areas:
    fire: {name: Fire, team: red, keywords: [flame]}
    water: {name: Water, team: blue}
commands:
  permissions: {default: triage}
  author: [check]
"""


def read(override: str | bytes | None = None, base: str = BASE) -> Policy:
    return load.load_files(base, override, base_name="b.yml", override_name="o.yml")


def mistakes(override: str | bytes | None = None, base: str = BASE) -> list[str]:
    """The lines that a person sees."""
    with pytest.raises(PolicyError) as caught:
        read(override, base)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


# ── one mistake, one line ─────────────────────────────────────────────────────────────────────────

MISTAKES = {
    "unknown key, near one named": (
        "teams:\n  red:\n    lable: x\n",
        'o.yml:3:5: teams.red.lable: unknown key; did you mean "label"?; allowed: name, engineering,',
    ),
    "unknown key, nothing near": (
        "tracker: {zzz: 1}",
        "o.yml:1:11: tracker.zzz: unknown key; allowed: private, public",
    ),
    "unknown key at the top": ("shadwo: true", 'o.yml:1:1: shadwo: unknown key; did you mean "shadow"?'),
    "unknown key in a list": (
        "teams:\n  red:\n    guidance:\n      - id: a\n        txt: b\n        text: c\n",
        'o.yml:5:9: teams.red.guidance[0].txt: unknown key; did you mean "text"?',
    ),
    "value of a closed list": (
        "writer: apps",
        'o.yml:1:9: writer: not an allowed value; got "apps"; did you mean "app"?; allowed: app, action',
    ),
    "value of a closed list in a list": (
        "teams: {red: {guidance: [{id: a, text: b, mention: [boss]}]}}",
        'o.yml:1:53: teams.red.guidance[0].mention[0]: not an allowed value; got "boss"; allowed:',
    ),
    "role": (
        "commands:\n  permissions:\n    ack: wirte\n",
        'o.yml:3:10: commands.permissions.ack: not an allowed value; got "wirte"; did you mean "write"?;',
    ),
    "version of the format": ("version: 2", "o.yml:1:10: version: not an allowed value; got 2; allowed: 1"),
    "yes is text": ("shadow: yes", 'o.yml:1:9: shadow: must be true or false; got "yes"'),
    "number for text": ("name: 12", "o.yml:1:7: name: must be text (quote it); got 12"),
    "boolean for text": ("name: true", "o.yml:1:7: name: must be text (quote it); got true"),
    "colour that YAML takes for a number": (
        "labels: {customer_color: 000000}",
        "o.yml:1:26: labels.customer_color: must be text (quote it); got 0",
    ),
    "text for a list": (
        "teams: {red: {members: sam}}",
        'o.yml:1:24: teams.red.members: must be a list; got "sam"',
    ),
    "list for a mapping": ("support: [a]", "o.yml:1:10: support: must be a mapping; got a list"),
    "mapping for text": ("name: {a: b}", "o.yml:1:7: name: must be text; got a mapping"),
    "text for a number": (
        "identities: [{login: a, id: '7'}]",
        'o.yml:1:29: identities[0].id: must be a whole number; got "7"',
    ),
    "a list for the whole": ("[1, 2]", "o.yml:1:1: must be a mapping; got a list"),
    "text for the whole": ("hello", 'o.yml:1:1: must be a mapping; got "hello"'),
    "key missing": (
        "teams:\n  green:\n    label: team/green\n",
        "o.yml:3:5: teams.green.name: required key is missing",
    ),
    "key missing in a list": (
        "teams:\n  red:\n    guidance:\n    - id: a\n",
        "o.yml:4:7: teams.red.guidance[0].text: required key is missing",
    ),
    "required key deleted": ("name: null", "o.yml:1:7: name: required, so it cannot be deleted"),
    "section emptied by a forgotten value": (
        "intake:\n# fields below\n",
        "o.yml:1:8: intake: required, so it cannot be deleted",
    ),
    "deleting what is not there": (
        "teams: {rde: null}",
        'o.yml:1:9: teams.rde: null, and there is nothing of this name to delete; did you mean "red"?',
    ),
    "null in a list": (
        "teams: {red: {aliases: [~]}}",
        "o.yml:1:25: teams.red.aliases[0]: must be text; got null",
    ),
    "null for a role that is not there": (
        "commands: {permissions: {ack: }}",
        "o.yml:1:26: commands.permissions.ack: null, and there is nothing of this name to delete;",
    ),
    "deleting what is still named": (
        "teams: {blue: null}",
        "o.yml:1:15: teams.blue: still named by routing.areas.water.team, so it cannot be deleted",
    ),
    "id": (
        "teams: {Green Team: {name: Green}}",
        'o.yml:1:9: teams["Green Team"]: not a valid key: must match ^[a-z0-9][a-z0-9-]{0,49}$',
    ),
    "handle without @": (
        "teams: {red: {slack: {handle: red}}}",
        r'o.yml:1:31: teams.red.slack.handle: must match ^@[^\s#@]{1,80}$; got "red"',
    ),
    "channel without #": (
        "support: {channel: help}",
        r'o.yml:1:20: support.channel: must match ^#[^\s#@]{1,80}$; got "help"',
    ),
    "tracker without owner": (
        "tracker: {private: customer}",
        "o.yml:1:20: tracker.private: must match ^[A-Za-z0-9][A-Za-z0-9-]{0,38}/",
    ),
    "label longer than GitHub's": (
        "labels: {rfh: " + "x" * 51 + "}",
        'o.yml:1:15: labels.rfh: should have at most 50 characters; got "' + "x" * 51 + '"',
    ),
    "area without such a team": (
        "routing: {areas: {fire: {team: rde}}}",
        'o.yml:1:32: routing.areas.fire.team: not one of `teams`; got "rde"; did you mean "red"?;',
    ),
    "no such default priority": (
        "default_priority: p3",
        'o.yml:1:19: default_priority: not one of `priorities`; got "p3"; allowed: p1, p2',
    ),
    "no such kind": (
        "priorities: {p2: {kinds: [help, wish]}}",
        'o.yml:1:33: priorities.p2.kinds[1]: not one of `kinds`; got "wish"; allowed: help, defect',
    ),
    "field that speaks of no kind and no field": (
        "intake: {fields: {version: {kinds: [wish], also_in: build}}}",
        (
            "o.yml:1:37: intake.fields.version.kinds[0]: not one of `kinds`; got"
            "\no.yml:1:53: intake.fields.version.also_in: not one of `intake.fields`; got"
        ),
    ),
    "rule that speaks of no list": (
        "routing:\n  lists: {house: [h]}\n  rules:\n    - {id: a, reason: b, all: [hose], gives: {ice: 2}}\n",
        (
            'o.yml:4:32: routing.rules[0].all[0]: not one of `routing.lists`; got "hose"'
            "\no.yml:4:47: routing.rules[0].gives.ice: not one of `routing.areas`; got"
        ),
    ),
    "alerts of no owner": (
        "routing: {alerts: {owners: {Red: {team: red}}, table: {frontend: {Blue: [slow]}}}}",
        "o.yml:1:67: routing.alerts.table.frontend.Blue: not one of `routing.alerts.owners`; got",
    ),
    "a section's own rule": (
        "routing: {areas: {fire: {family: heat}}}",
        "o.yml:1:10: routing: family 'heat' needs one area marked `general`, it has 0",
    ),
    "label of two teams": (
        "teams: {blue: {label: Team/RED}}",
        'o.yml:1:23: teams.blue.label: already means teams.red; got "Team/RED"',
    ),
    "label of a team and a priority": (
        "teams: {blue: {label_aliases: [se/P1]}}",
        'o.yml:1:32: teams.blue.label_aliases[0]: already means priorities.p1; got "se/P1"',
    ),
    "label of a kind and needs-info": (
        "labels: {needs_info: rfh}",
        'o.yml:1:22: labels.needs_info: already means kinds.help; got "rfh"',
    ),
    "name of two teams, the override is blamed": (
        "teams: {red: {aliases: [Azure]}}",
        'o.yml:1:25: teams.red.aliases[0]: already means teams.blue; got "Azure"',
    ),
    "name that is another team's id": (
        "teams: {blue: {aliases: ['@red']}}",
        'o.yml:1:26: teams.blue.aliases[0]: already means teams.red; got "@red"',
    ),
    "answer for two kinds": (
        "kinds: {defect: {names: [RFH]}}",
        'o.yml:1:26: kinds.defect.names[0]: already means kinds.help; got "RFH"',
    ),
    "no such command, in permissions": (
        "commands: {permissions: {pubish: write}}",
        'o.yml:1:26: commands.permissions.pubish: no such command; did you mean "publish"?;',
    ),
    "no such command, for the author": (
        "commands: {author: [whi]}",
        'o.yml:1:21: commands.author[0]: no such command; got "whi"; did you mean "why"?;',
    ),
    "duplicate key": (
        "writer: app\nshadow: true\nwriter: action\n",
        "o.yml:3:1: writer: key already set in line 1",
    ),
    "duplicate key below": (
        "teams:\n  red: {members: [a]}\n  red: {members: [b]}\n",
        "o.yml:3:3: teams.red: key already set in line 2",
    ),
    "alias": (
        "teams: {red: {members: &all [sam]}}\nsupport: {members: *all}\n",
        "o.yml:1:24: teams.red.members: anchors and aliases\no.yml:2:20: support.members: anchors and",
    ),
    "tag": (
        "name: !!str 12",
        "o.yml:1:7: name: tags are not used here; quote what shall be text",
    ),
    "tag that would run code": (
        "name: !!python/object/apply:os.system [ls]",
        "o.yml:1:7: name: tags are not used here; quote what shall be text",
    ),
    "a list as key": ("teams:\n  ? [a]\n  : b\n", "o.yml:2:5: teams: a key must be plain text"),
    "two documents": ("name: a\n---\nname: b\n", "o.yml:2:1: a second document; a policy is one"),
    "YAML: bad indent": (
        "teams:\n  red:\n   - a\n  - b\n",
        "o.yml:4:3: not valid YAML: while parsing a block mapping",
    ),
    "YAML: tab": (
        "teams:\n\tred: x\n",
        "o.yml:2:1: not valid YAML: while scanning for the next token, found character",
    ),
    "YAML: colon in a value": ("name: a: b\n", "o.yml:1:8: not valid YAML: mapping values are not allowed"),
    "control character": (
        "name: a\nwriter: \x07\n",
        "o.yml:2:9: not valid YAML: the character U+0007 is not allowed",
    ),
    "not UTF-8": (b"name: a\nwriter: \xff\n", "o.yml:2:9: not UTF-8"),
    "too large": ("#" * (256 * 1024 + 1), "o.yml:1:1: larger than 256 KiB"),
    "too large in bytes": ("#" + "é" * (128 * 1024), "o.yml:1:1: larger than 256 KiB"),
}


@pytest.mark.parametrize(("override", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line_with_its_place_the_value_and_what_is_allowed(
    override: str | bytes, expected: str
) -> None:
    """Expected is the line, or the start of a long one; no second problem follows from the first."""
    found = mistakes(override)
    lines = expected.split("\n")
    if "version" in str(override):  # a complete policy: the rest of it is missing too
        found = [line for line in found if "required key is missing" not in line]
    assert len(lines) == len(found), found
    for line, start in zip(found, lines, strict=True):
        assert start == line[: len(start)]


def test_all_mistakes_of_both_files_come_at_once_ordered_by_place() -> None:
    """Reading, schema and cross-checks together; a merged value points into the file it came from."""
    base = BASE.replace("default_priority: p2", "default_priority: p9").replace("blue}", "blue, sise: 2}")
    found = mistakes("writer: apps\nname: 1\nname: 2\nteams: {red: {label: team/blue}}\n", base)
    assert [
        ("b.yml:10:19", "default_priority"),
        ("b.yml:24:38", "routing.areas.water.sise"),
        ("o.yml:1:9", "writer"),
        ("o.yml:2:7", "name"),
        ("o.yml:3:1", "name"),
        ("o.yml:4:22", "teams.red.label"),
    ] == [tuple(line.split(": ")[:2]) for line in found]


def test_a_broken_base_is_not_blamed_on_the_override() -> None:
    assert ["b.yml:1:8: not valid YAML: mapping values are not allowed in this context"] == mistakes(
        "writer: app", "name: a: b"
    )


def test_values_in_messages_are_short_and_on_one_line() -> None:
    """A policy may come from anybody's pull request: no flood, no control characters, no direction marks."""
    (long,) = mistakes("writer: " + "a" * 5000)
    assert 'got "' + "a" * 59 + '…";' in long
    (control,) = mistakes('writer: "a\\nb\\u202e"')
    assert 'got "a\\nb\\u202e"' in control
    (key,) = mistakes('"a\\nb": 1')
    assert key.startswith('o.yml:1:1: ["a\\nb"]: unknown key')


def test_many_mistakes_are_cut_and_counted() -> None:
    found = mistakes("teams:\n" + "".join(f"  t{n}: {{}}\n" for n in range(150)))
    assert (problems.MAX_PROBLEMS + 1, "… and 50 more") == (len(found), found[-1])


def test_nesting_is_bounded() -> None:
    """Brackets by the thousand are refused at once, not followed."""
    (found,) = mistakes("name: " + "[" * 200_000)
    assert "o.yml:1:38: name[0][0]: nested deeper than 32 levels" == found


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    """Nine levels of nine aliases would be 9⁹ strings."""
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    assert "o.yml:1:5: a0: anchors and aliases are not used here; write the value out" in mistakes(bomb)


def test_a_file_that_cannot_be_read_is_a_policy_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="No such file"):
        load.load_path(tmp_path / "none.yml")


# ── merging ───────────────────────────────────────────────────────────────────────────────────────


def test_an_override_merges_mappings_and_keeps_the_rest() -> None:
    policy = read("teams:\n  red: {label: team/rouge}\n  green: {name: Green}\n")
    assert ["red", "blue", "green"] == list(policy.teams)
    assert ("Red", "team/rouge", "#red") == (
        policy.teams["red"].name,
        policy.teams["red"].label,
        policy.teams["red"].slack.channel,
    )


def test_a_list_replaces_the_whole_list() -> None:
    assert ("team/scarlet",) == read("teams: {red: {label_aliases: [team/scarlet]}}").teams[
        "red"
    ].label_aliases


def test_null_deletes_an_entry() -> None:
    policy = read("teams: {blue: null}\nrouting: {areas: {water: null}}\n")
    assert (["red"], ["fire"]) == (list(policy.teams), list(policy.routing.areas))


def test_null_sets_a_key_back_to_its_default() -> None:
    policy = read("commands: null\nteams: {red: {label_aliases: null, label: ~}}")
    assert ({}, (), None) == (
        policy.commands.permissions,
        policy.teams["red"].label_aliases,
        policy.teams["red"].label,
    )


def test_null_is_a_value_where_null_is_allowed() -> None:
    """An area may belong to nobody."""
    policy = read("routing: {areas: {water: {team: null}, steam: {name: Steam, team: null}}}")
    assert (None, None) == (policy.routing.areas["water"].team, policy.routing.areas["steam"].team)


def test_an_override_that_names_every_key_sets_the_order() -> None:
    """Priorities stand most urgent first."""
    more = "{label: x0, definition: fire}"
    assert ["p1", "p2", "p0"] == list(read(f"priorities: {{p0: {more}}}").priorities)
    assert ["p0", "p1", "p2"] == list(read(f"priorities: {{p0: {more}, p1: {{}}, p2: {{}}}}").priorities)


@pytest.mark.parametrize("empty", ["", "# nothing yet\n", "---\n", "{}", "\ufeff", b"\xef\xbb\xbf# a mark\n"])
def test_an_override_without_content_changes_nothing(empty: str | bytes) -> None:
    assert read() == read(empty)


def test_a_file_with_a_version_stands_alone() -> None:
    assert read() == load.load_files(load.default_text(), BASE)
    assert (
        "o.yml:1:1: kinds: required key is missing (a file that states `version` is a complete policy)"
        in (mistakes("version: 1\nname: x\n"))
    )


def test_layers_are_laid_over_each_other_in_order() -> None:
    """Shipped default, operator's file, repository's file: the last word counts, a `version` starts anew."""
    operator = ("ops.yml", "name: ours\nteams: {red: {label: team/rouge}}\n")
    policy = load.load_layers([("b.yml", BASE), operator, ("o.yml", "teams: {red: {name: Rouge}}")])
    assert ("ours", "Rouge", "team/rouge") == (
        policy.name,
        policy.teams["red"].name,
        policy.teams["red"].label,
    )
    assert read() == load.load_layers([("b.yml", "name: [broken"), operator, ("o.yml", BASE)])
    with pytest.raises(PolicyError) as caught:
        load.load_layers([("b.yml", BASE), ("ops.yml", "name: [broken"), ("o.yml", "writer: app")])
    assert ["ops.yml:2:1"] == [line.split(": ")[0] for line in caught.value.problems]


def test_an_empty_file_is_no_policy() -> None:
    assert ["b.yml:1:1: empty; a policy is a mapping"] == mistakes(base="# nothing\n")


def test_scalars_are_read_as_yaml_1_2_reads_them() -> None:
    """``no``, ``on``, times and dates are text; windows line ends do not matter."""
    words = ("no", "on", "Yes", "1:30", "2021-10-31", "0x1F", "3.43.2", "~/src")
    override = f"routing:\r\n  areas:\r\n    fire: {{keywords: [{', '.join(words)}]}}\r\n"
    assert words == read(override).routing.areas["fire"].keywords


# ── what must always hold ─────────────────────────────────────────────────────────────────────────

_PIECES = (
    *(
        "*",
        "&a ",
        "!!str ",
        "null",
        "[",
        "]",
        "{",
        "}",
        ": ",
        "- ",
        "\n",
        "  ",
        "\t",
        "'",
        '"',
        "|\n",
        "\x00",
        "@",
    ),
    *("teams", "version: 1\n", "---\n", "\ud800", '"\\ud800"', "1e999", "9" * 30, ".nan", "? ", "<<: ", "%"),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_was_typed_nothing_but_problems_comes_of_it(data: st.DataObject) -> None:
    """A policy file is somebody's text: whatever was typed, the answer is a policy or problems to print."""
    text = BASE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(st.sampled_from(_PIECES) | st.text(max_size=8)) + text[end:]
    for base, override in ((text, None), (BASE, text), (BASE, text.removeprefix("version: 1\n"))):
        policy, found = load.check(base, override)
        assert (policy is None) == bool(found)
        assert all(str(problem).isprintable() for problem in found)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_or_bytes_as_override_is_answered(text: str | bytes) -> None:
    policy, found = load.check(BASE, text)
    assert (policy is None) == bool(found)


def test_an_id_with_an_odd_character_is_shown_spelt_out() -> None:
    """Ids are listed as allowed values, so they are escaped there too."""
    found = mistakes('teams: {"a\\nb": {name: A}}\nrouting: {areas: {fire: {team: rde}}}')
    assert "allowed: red, blue, a\\nb" in found[1]
