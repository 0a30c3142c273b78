"""`rfh-bot scan`: offsets for programs, places for people, values for nobody but a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import kingfisher, scanner
from bot.cli.scan import scan
from bot.cli.vocabulary import vocabulary
from bot.errors import UserError
from bot.rules.privacy import External
from bot.rules.privacy.secrets.shape import sample_of

TOKEN = sample_of("sgp_local_<h40>")


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were installed and kingfisher saw nothing."""
    monkeypatch.setattr(scanner, "missing", lambda: ())
    monkeypatch.setattr(kingfisher, "find_secrets", lambda texts: [() for _ in texts])


def run(args: Sequence[str], given: str) -> Result:
    return CliRunner().invoke(scan, args, input=given.encode())


def line(id_: str, text: str, mode: str = "publish", **context: object) -> str:
    return json.dumps({"id": id_, "text": text, "context": {"mode": mode, **context}}) + "\n"


def test_lines_give_rule_kind_severity_and_code_points() -> None:
    text = f"Ünal 🙂 token={TOKEN}"
    done = run(["--jsonl"], line("a", text))
    answer = json.loads(done.stdout)
    at = text.index(TOKEN)
    expected = {
        "rule": "sourcegraph-access-token",
        "kind": "secret",
        "severity": "block",
        "start": at,
        "end": at + len(TOKEN),
    }
    assert {"id": "a", "findings": [expected]} == answer
    assert 0 == done.exit_code


def test_lines_take_labels_and_mode_from_their_context() -> None:
    known = ["customer/quandel", "customer/zorvane"]
    given = line(
        "p", "Zorvane like Quandel", customer_labels=["customer/quandel"], known_customers=known
    ) + line("w", "> Quandel", "watch", known_customers=known)
    first, second = (json.loads(each) for each in run(["--jsonl"], given).stdout.splitlines())
    assert ["customer_other", "customer"] == [f["kind"] for f in first["findings"]]
    assert ["customer"] == [f["kind"] for f in second["findings"]]


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        '{"id": 1}',
        '{"text": "x", "context": {"mode": "x"}}',
        '{"text": "x", "context": {"known_customers": [1]}}',
    ],
)
def test_a_bad_line_is_named_never_quoted_and_the_rest_is_scanned(bad: str) -> None:
    done = run(["--jsonl"], bad + "\n" + line("b", "fine"))
    assert 1 == done.exit_code
    assert "line 1" in done.stderr
    assert bad not in done.stderr
    assert '{"id": "b", "findings": []}\n' == done.stdout


def test_people_read_places_and_no_values_when_this_is_no_terminal() -> None:
    done = run([], f"one\ntoken={TOKEN}\n")
    assert 1 == done.exit_code
    assert "2:7 block secret (sourcegraph-access-token)" in done.stdout
    assert TOKEN not in done.output
    assert TOKEN[:12] not in done.output


def test_a_clean_text_says_so() -> None:
    done = run(["--mode", "watch"], "Search is slow.\n")
    assert (0, "Nothing private found.\n") == (done.exit_code, done.stdout)


def test_publish_refuses_without_the_extra_and_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "missing", lambda: ("kingfisher-bin",))
    done = run(["--jsonl"], line("a", "x"))
    assert isinstance(done.exception, UserError)
    assert "pip install 'rfh-bot[privacy]'" in str(done.exception)
    assert "" == done.stdout


def test_watch_goes_on_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "missing", lambda: ("kingfisher-bin",))
    monkeypatch.setattr(kingfisher, "find_secrets", _gone)
    done = run(["--jsonl"], line("a", TOKEN, "watch"))
    assert ["secret"] == [f["kind"] for f in json.loads(done.stdout)["findings"]]


def _gone(texts: Sequence[str]) -> list[tuple[External, ...]]:
    raise kingfisher.ScannerUnavailable("kingfisher took too long")


def test_a_failing_kingfisher_ends_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kingfisher, "find_secrets", _gone)
    done = run(["--jsonl"], line("a", "x"))
    assert isinstance(done.exception, UserError)
    assert "took too long" in str(done.exception)


def test_what_kingfisher_sees_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        kingfisher, "find_secrets", lambda texts: [(External("kingfisher:x", 4, 16),) for _ in texts]
    )
    done = run(["--jsonl"], line("a", "key kZ83hfPqLmR2 here"))
    assert [("kingfisher:x", 4, 16)] == [
        (f["rule"], f["start"], f["end"]) for f in json.loads(done.stdout)["findings"]
    ]


def test_one_run_of_kingfisher_serves_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(
        kingfisher, "find_secrets", lambda texts: sizes.append(len(texts)) or [() for _ in texts]
    )
    run(["--jsonl"], "".join(line(str(i), "x") for i in range(70)))
    assert [64, 6] == sizes


def test_the_vocabulary_is_built_from_public_documents(tmp_path: Path) -> None:
    """Frequent words and widespread names of products stay; people in credits and addresses do not."""
    for number in range(12):
        text = "<p>The indexer reads Zoekt shards.</p>\nAuthor: Xolvaria Quux\nmail xolvaria@quandel.io\n"
        (tmp_path / f"{number}.md").write_text(text + "See https://example.com/xolvaria\n", encoding="utf-8")
    (tmp_path / "data.bin").write_text("ignored ignored ignored", encoding="utf-8")
    done = CliRunner().invoke(vocabulary, [str(tmp_path), "-o", str(tmp_path / "out.txt")])
    words = (tmp_path / "out.txt").read_text(encoding="utf-8").split()
    assert (0, sorted(words)) == (done.exit_code, words)
    assert {"indexer", "zoekt", "shards"} <= set(words)
    assert not {"xolvaria", "quux", "ignored"} & set(words)
