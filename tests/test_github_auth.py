"""Who we are to GitHub: tokens are narrow, renewed in time, minted once for many, and never shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github_wire import Clock, Reply, Request, Wire, github, refusal, reply

from bot.errors import Forbidden, Transient
from bot.github.auth import REPORT, App, AppJwt, OneToken, StaticToken
from bot.github.client import GitHub, TokenSource
from bot.github.documents import GET_USER
from bot.github.pool import Pool


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass
class Apps:
    """GitHub's side of App authentication."""

    clock: Clock
    minted: list[Request] = field(default_factory=list)
    lookups: int = 0
    installation: int = 7
    revoked: set[str] = field(default_factory=set)
    refuse_mint: Reply | None = None

    def __call__(self, request: Request) -> Reply:
        operation = request.operation
        if operation.endswith("/installation"):
            self.lookups += 1
            return reply({"id": self.installation}) if self.installation else refusal(404)
        if operation.endswith("/access_tokens"):
            if self.refuse_mint is not None:
                return self.refuse_mint
            self.minted.append(request)
            expires = self.clock.at.timestamp() + 3600
            token = f"token-{len(self.minted)}"
            at = self.clock.at.fromtimestamp(expires, self.clock.at.tzinfo)
            return reply({"token": token, "expires_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}, 201)
        token = request.headers["authorization"].removeprefix("token ")
        return refusal(401) if token in self.revoked else reply({"login": token})


@pytest.fixture
def apps() -> Apps:
    return Apps(Clock())


@pytest.fixture
def app(apps: Apps, pem: str) -> App:
    return App("123", pem, connector(Wire(apps), apps.clock), now=apps.clock)


def connector(wire: Wire, clock: Clock) -> Callable[[TokenSource, Pool], GitHub]:
    return lambda tokens, pool: github(wire, tokens, pool=pool, now=clock)


async def whoami(app: App | OneToken, repo: str = "customer") -> str:
    client = await app.client("sourcegraph", repo)
    return str((await client.rest(GET_USER, username="me"))["login"])


async def test_a_token_is_for_one_repository_and_one_use(app: App, apps: Apps) -> None:
    """Each use gets only the permissions it needs, on the one repository."""
    await whoami(app)
    client = await app.client("sourcegraph", "customer", REPORT)
    await client.rest(GET_USER, username="me")
    expected = [
        {"repositories": ["customer"], "permissions": {"issues": "write", "contents": "read"}},
        {"repositories": ["customer"], "permissions": {"checks": "write"}},
    ]
    assert expected == [request.json for request in apps.minted]
    assert "POST /app/installations/7/access_tokens" == apps.minted[0].operation


async def test_a_token_is_renewed_five_minutes_before_it_expires(app: App, apps: Apps) -> None:
    """A run never starts with a token that may end under it."""
    assert "token-1" == await whoami(app)
    apps.clock.advance(54 * 60)
    assert "token-1" == await whoami(app)
    apps.clock.advance(60)
    assert "token-2" == await whoami(app)
    assert 2 == len(apps.minted)


async def test_many_askers_mint_once(app: App, apps: Apps) -> None:
    """Single flight: a burst of events after start costs one lookup and one token."""
    assert {"token-1"} == set(await asyncio.gather(*(whoami(app) for _ in range(50))))
    assert (1, 1) == (apps.lookups, len(apps.minted))


async def test_an_asker_that_is_cancelled_takes_nobody_with_it(apps: Apps, pem: str) -> None:
    """A run that meets its deadline while the token is minted leaves the token to the others."""
    go = asyncio.Event()

    async def held(request: Request) -> Reply:
        await go.wait()
        return apps(request)

    app = App("123", pem, connector(Wire(held), apps.clock), now=apps.clock)
    first, second = asyncio.create_task(whoami(app)), asyncio.create_task(whoami(app))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert "token-1" == await second
    assert 1 == len(apps.minted)
    assert first.cancelled()


async def test_a_refused_token_is_replaced_once(app: App, apps: Apps) -> None:
    """A token revoked early costs one 401; a second 401 is final."""
    await whoami(app)
    apps.revoked.add("token-1")
    assert "token-2" == await whoami(app)
    apps.revoked |= {"token-2", "token-3"}
    with pytest.raises(Forbidden):
        await whoami(app)
    assert 3 == len(apps.minted)


async def test_a_new_installation_is_found(app: App, apps: Apps) -> None:
    """Uninstalled and installed again: the old id is refused once, then forgotten."""
    await whoami(app)
    apps.clock.advance(3600)
    apps.installation, apps.refuse_mint = 8, refusal(404)
    with pytest.raises(Forbidden):
        await whoami(app)
    apps.refuse_mint = None
    await whoami(app)
    assert "POST /app/installations/8/access_tokens" == apps.minted[-1].operation


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(refusal(403, "This installation has been suspended"), Forbidden, id="suspended"),
        pytest.param(refusal(422, "permissions not granted"), Forbidden, id="not-granted"),
        pytest.param(refusal(502), Transient, id="github-down"),
        pytest.param(reply({"token": "x"}, 201), Transient, id="no-expiry"),
    ],
)
async def test_a_token_that_cannot_be_had(app: App, apps: Apps, answer: Reply, kind: type[Exception]) -> None:
    """Suspended or missing permission is final; a failing GitHub is not."""
    apps.refuse_mint = answer
    with pytest.raises(kind):
        await whoami(app)
    apps.refuse_mint = None
    assert "token-1" == await whoami(app)


async def test_not_installed_is_forbidden(app: App, apps: Apps) -> None:
    """The error names the repository, so that an operator knows where to install."""
    apps.installation = 0
    with pytest.raises(Forbidden, match="not installed on sourcegraph/customer"):
        await whoami(app)


async def test_clients_of_one_installation_share_limits_and_etags(app: App) -> None:
    """GitHub counts per installation, whatever a token is narrowed to."""
    one, other = await app.client("sourcegraph", "customer"), await app.client("sourcegraph", "public")
    assert one is not other
    assert one.pool is other.pool
    assert one is await app.client("sourcegraph", "customer")


async def test_the_jwt_is_valid_backdated_and_kept(key: rsa.RSAPrivateKey, pem: str) -> None:
    """At most ten minutes, a minute back for clock drift, signed once per six minutes."""
    clock = Clock()
    source = AppJwt("123", pem, now=clock)
    first = await source.current()
    claims = jwt.decode(first, key.public_key(), algorithms=["RS256"], options={"verify_exp": False})
    start = int(clock.at.timestamp())
    assert {"iss": "123", "iat": start - 60, "exp": start + 480} == claims
    clock.advance(359)
    assert first == await source.current()
    clock.advance(1)
    assert first != await source.current()


async def test_the_app_itself_speaks_with_its_jwt(apps: Apps, pem: str) -> None:
    """Lookup and minting carry the JWT, everything else the narrowed token."""
    wire = Wire(apps)
    await whoami(App("123", pem, connector(wire, apps.clock), now=apps.clock))
    schemes = [request.headers["authorization"].split()[0] for request in wire.sent]
    assert ["bearer", "bearer", "token"] == schemes


async def test_a_plain_token_serves_every_repository() -> None:
    """The Action has one token and one client; a 401 is final."""
    wire = Wire([reply({"login": "a"}), reply({"login": "b"}), refusal(401)])
    clients = OneToken("plain", connector(wire, Clock()), now=Clock())
    assert ["a", "b"] == [await whoami(clients, "one"), await whoami(clients, "two")]
    with pytest.raises(Forbidden):
        await whoami(clients)
    assert {"token plain"} == {request.headers["authorization"] for request in wire.sent}


async def test_secrets_are_not_shown(app: App, apps: Apps, pem: str) -> None:
    """No repr of anything that holds a secret holds it too."""
    await whoami(app)
    shown = repr([app, StaticToken("plain-secret"), AppJwt("123", pem), app._tokens, app._clients])
    line = pem.splitlines()[3]
    assert [] == [secret for secret in ("plain-secret", "token-1", line) if secret in shown]


@pytest.mark.parametrize(
    "key", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_told_at_start(key: str) -> None:
    """The operator learns it before the first event; the message does not repeat the key."""
    with pytest.raises(ValueError, match="not an RSA key in PEM format") as caught:
        App("123", key, connector(Wire([]), Clock()))
    assert "c2VjcmV0" not in repr(caught.value)
    assert caught.value.__context__ is None


async def test_a_key_from_an_environment_variable(apps: Apps, pem: str) -> None:
    r"""Line ends written as \n are read as line ends."""
    escaped = pem.replace("\n", "\\n")
    app = App("123", escaped, connector(Wire(apps), apps.clock), now=apps.clock)
    assert "token-1" == await whoami(app)
