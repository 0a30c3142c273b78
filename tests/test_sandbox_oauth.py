"""The sandbox's sign-in: codes, what they are worth, and the errors that GitHub answers with status 200."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import aiohttp
import pytest
from sandbox_client import TurnedClock
from yarl import URL

from bot.policy.load import load_default
from bot.sandbox import Sandbox
from bot.sandbox.oauth import AUTHORIZE_PATH, TOKEN_PATH, s256
from bot.sandbox.seed import demo_world

BACK = "https://app.example/signin/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B


@pytest.fixture
async def gh() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=TurnedClock()) as sandbox:
        demo_world(sandbox, load_default())
        sandbox.oauth.callback_url = BACK
        yield sandbox


async def authorize(gh: Sandbox, **more: str) -> tuple[int, URL]:
    asked = {"client_id": gh.access.app.client_id, "redirect_uri": BACK, "state": "s", **more}
    url = URL(gh.url + AUTHORIZE_PATH).with_query(asked)
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return response.status, URL(response.headers.get("Location", ""))


async def redeem(gh: Sandbox, code: str, **more: str) -> dict[str, str]:
    form = {"client_id": gh.access.app.client_id, "client_secret": gh.oauth.client_secret, "code": code}
    headers = {"Accept": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(gh.url + TOKEN_PATH, data=form | more, headers=headers) as response,
    ):
        assert 200 == response.status
        answer: dict[str, str] = await response.json()
        return answer


def test_the_challenge_is_the_one_of_the_standard() -> None:
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == s256(VERIFIER)


async def test_a_code_buys_a_token_of_the_person_once(gh: Sandbox) -> None:
    status, back = await authorize(gh, login="sam")
    assert (302, "s", BACK) == (status, back.query["state"], str(back.with_query(None)))
    token = (await redeem(gh, back.query["code"]))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    reply = await gh.request("GET", f"{gh.api_url}/user", {"authorization": headers["Authorization"]})
    assert (200, True) == (reply[0], b'"login": "sam"' in reply[2])
    assert "bad_verification_code" == (await redeem(gh, back.query["code"]))["error"]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code": "guessed"}, "bad_verification_code"),
        ({"redirect_uri": "https://elsewhere.example/"}, "redirect_uri_mismatch"),
        ({"code_verifier": "another"}, "bad_verification_code"),
        ({}, "bad_verification_code"),  # the verifier is missing
    ],
)
async def test_what_does_not_fit_buys_nothing(gh: Sandbox, more: dict[str, str], error: str) -> None:
    _, back = await authorize(gh, login="sam", code_challenge=s256(VERIFIER), code_challenge_method="S256")
    answer = await redeem(gh, more.pop("code", back.query["code"]), **more)
    assert error == answer["error"]


async def test_a_code_ages(gh: Sandbox) -> None:
    _, back = await authorize(gh, login="sam")
    clock = gh.access.clock
    assert isinstance(clock, TurnedClock)
    clock.forward(minutes=10)
    assert "bad_verification_code" == (await redeem(gh, back.query["code"]))["error"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"client_id": "another"}, 404),
        ({"redirect_uri": "https://app.example.evil/signin/callback"}, 400),
        ({"redirect_uri": "https://app.example/signin/callbackx"}, 400),
        ({"redirect_uri": f"{BACK}/deeper", "login": "sam"}, 302),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, 400),
    ],
)
async def test_people_are_sent_to_the_registered_address_alone(
    gh: Sandbox, more: dict[str, str], status: int
) -> None:
    assert status == (await authorize(gh, **more))[0]


async def test_without_json_asked_for_the_answer_is_a_form(gh: Sandbox) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(gh.url + TOKEN_PATH, data={"code": "x"}) as response,
    ):
        assert ["incorrect_client_credentials"] == parse_qs(await response.text())["error"]


async def test_who_declines_comes_back_without_a_code(gh: Sandbox) -> None:
    _, back = await authorize(gh, login="")
    assert ("access_denied", None) == (back.query["error"], back.query.get("code"))
