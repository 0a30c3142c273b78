"""Who calls: the App by its JWT, an installation by its token, a person by theirs; and what each may do."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.ground import Clock
from bot.sandbox.http import ApiError, Request, invalid, not_found
from bot.sandbox.records import ROLES, Account, Repo
from bot.sandbox.state import State

TOKEN_LIFE = timedelta(hours=1)
USER_TOKEN_LIFE = timedelta(hours=8)
ACTIONS_BOT = ("github-actions[bot]", 41_898_282)  # https://api.github.com/users/github-actions[bot]
ACTIONS_APP = 15_368  # GitHub's own App behind a workflow's GITHUB_TOKEN
ACTIONS_LIMIT = 1000  # requests an hour and repository, with GITHUB_TOKEN
PERMISSIONS: Mapping[str, str] = {
    "metadata": "read", "issues": "write", "contents": "read", "members": "read", "checks": "write",
}  # fmt: skip
_LEVELS = ("none", "read", "write", "admin")
_UNREACHABLE = (
    "There is at least one repository that does not exist or is not accessible to the parent installation."
)
_BAD_IAT = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
_BAD_EXP = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the"
    " assertion expires"
)


@dataclass(frozen=True, slots=True)
class App:
    """The GitHub App: its identity on the API and the key that proves it."""

    id: int
    slug: str
    client_id: str
    bot: Account
    owner: Account
    private_key_pem: str
    public_key: rsa.RSAPublicKey
    created_at: datetime


@functools.cache
def app_key() -> tuple[str, rsa.RSAPublicKey]:
    """A private key as PEM, and its public half; one a process, as making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


@dataclass(slots=True)
class Installation:
    """The App on one account, with the permissions it was given there."""

    id: int
    account: Account
    created_at: datetime
    app_id: int
    app_slug: str
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    repo_ids: frozenset[int] | None = None  # None: all of the account
    suspended_at: datetime | None = None

    def reaches(self, repo: Repo) -> bool:
        return repo.owner_id == self.account.id and (self.repo_ids is None or repo.id in self.repo_ids)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. An installation token carries its own, maybe narrower, permissions."""

    kind: Literal["app", "installation", "user", "anonymous"]
    account: Account | None = None
    installation: Installation | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    repo_ids: frozenset[int] | None = None
    expires_at: datetime | None = None

    @property
    def name(self) -> str:
        """For messages and the call log: an id or a login, never a token."""
        if self.installation is not None:
            return f"installation ID {self.installation.id}"
        return self.account.login if self.account else self.kind

    def sees(self, state: State, repo: Repo) -> bool:
        """Can this caller know that the repository exists?"""
        if not repo.private:
            return True
        return self._holds(repo) if self.kind == "installation" else self._level(state, repo, "metadata") > 0

    def may(self, state: State, repo: Repo, permission: str, level: str) -> bool:
        """Is `level` (read, write) of `permission` (issues, contents …) given on this repository?"""
        if level == "read" and not repo.private and permission in {"metadata", "issues", "contents"}:
            return True
        return self._level(state, repo, permission) >= _LEVELS.index(level)

    def can_triage(self, state: State, repo: Repo) -> bool:
        """May they set labels and assignees? Without it GitHub drops them silently from a new issue."""
        if self.kind == "user" and self.account:
            return ROLES.index(state.base_role(repo, self.account)) >= ROLES.index("triage")
        return self.may(state, repo, "issues", "write")

    def _holds(self, repo: Repo) -> bool:
        inst = self.installation
        return inst is not None and inst.reaches(repo) and (self.repo_ids is None or repo.id in self.repo_ids)

    def _level(self, state: State, repo: Repo, permission: str) -> int:
        if self.kind == "installation":
            return _LEVELS.index(self.permissions.get(permission, "none")) if self._holds(repo) else 0
        if self.kind == "user" and self.account:
            role = ROLES.index(state.base_role(repo, self.account))
            if permission == "issues" and role >= ROLES.index("read"):
                return 2  # everybody who reads may file and comment; labels ask for triage (`can_triage`)
            return _LEVELS.index(state.permission(repo, self.account))
        return 0


def _listed(asked: Mapping[str, Any], name: str) -> list[Any]:
    value = asked.get(name) or []
    if not isinstance(value, list) or any(isinstance(one, list | dict) for one in value):
        raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', not an array.")
    return value


class Access:
    """Keys, installations and tokens. `wall` is the time JWTs are checked by: clients sign with real time."""

    def __init__(self, app: App, clock: Clock, wall: Callable[[], float]) -> None:
        self.app = app
        self.clock, self.wall = clock, wall
        self.installations: dict[int, Installation] = {}
        self._tokens: dict[str, Caller] = {}

    def install(self, account: Account, ident: int, **more: Any) -> Installation:
        installation = Installation(ident, account, self.clock(), self.app.id, self.app.slug, **more)
        self.installations[ident] = installation
        return installation

    def installation_on(self, repo: Repo) -> Installation:
        """The installation that reaches the repository; raises 404."""
        found = next((one for one in self.installations.values() if one.reaches(repo)), None)
        if found is None:
            raise not_found()
        return found

    def person_token(self, account: Account) -> str:
        """A token that acts as a person, with their roles."""
        token = f"ghp_{secrets.token_hex(18)}"
        self._tokens[token] = Caller("user", account)
        return token

    def user_token(self, account: Account) -> str:
        """The App's token for a person who signed in with it; GitHub's lasts eight hours."""
        token = f"ghu_{secrets.token_hex(18)}"
        self._tokens[token] = Caller("user", account, expires_at=self.clock() + USER_TOKEN_LIFE)
        return token

    def workflow_token(self, repo: Repo, bot: Account, permissions: Mapping[str, str]) -> tuple[str, str]:
        """A job's GITHUB_TOKEN for its own repository, and the name its limits are counted under.

        https://docs.github.com/actions/security-for-github-actions/security-guides/automatic-token-authentication
        """
        owner = Account(repo.owner_id, repo.owner, "Organization", repo.created_at)
        actions = Installation(repo.id, owner, repo.created_at, ACTIONS_APP, "github-actions")
        expires = self.clock() + TOKEN_LIFE
        caller = Caller(
            "installation", bot, actions, {"metadata": "read", **permissions}, frozenset({repo.id}), expires
        )
        token = f"ghs_{secrets.token_hex(18)}"
        self._tokens[token] = caller
        return token, caller.name

    def mint(self, installation: Installation, asked: Mapping[str, Any], state: State) -> tuple[str, Caller]:
        """An installation token for an hour, narrowed as asked; raises 403 and 422 as GitHub does.

        https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
        """
        if installation.suspended_at is not None:
            raise ApiError(403, "This installation has been suspended")
        names, idents = _listed(asked, "repositories"), _listed(asked, "repository_ids")
        reachable = {r.name.casefold(): r.id for r in state.repos.values() if installation.reaches(r)}
        wanted = {reachable.get(str(name).casefold(), 0) for name in names}
        wanted |= {ident if ident in reachable.values() else 0 for ident in idents}
        if 0 in wanted:
            raise ApiError(422, _UNREACHABLE)
        given = asked.get("permissions") or installation.permissions
        if not isinstance(given, Mapping):
            raise invalid("IntegrationInstallation", "permissions", "invalid")
        permissions = dict(given)
        permissions.setdefault("metadata", "read")
        for name, level in permissions.items():
            if level not in _LEVELS:
                raise invalid("IntegrationInstallation", f"permissions.{name}", "invalid")
            if _LEVELS.index(level) > _LEVELS.index(installation.permissions.get(name, "none")):
                raise ApiError(422, "The permissions requested are not granted to this installation.")
        caller = Caller(
            "installation",
            self.app.bot,
            installation,
            permissions,
            frozenset(wanted) or None,
            self.clock() + TOKEN_LIFE,
        )
        token = f"ghs_{secrets.token_hex(18)}"
        self._tokens[token] = caller
        return token, caller

    def caller(self, request: Request) -> Caller:
        """Who the Authorization header proves; raises 401."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return Caller("anonymous")
        if scheme.lower() not in {"bearer", "token"}:
            raise ApiError(401, "Bad credentials")
        if credential.count(".") == 2:
            return self._app_caller(credential)
        caller = self._tokens.get(credential)
        if caller is None or (caller.expires_at is not None and caller.expires_at <= self.clock()):
            raise ApiError(401, "Bad credentials")
        if caller.installation is not None and caller.installation.app_id == self.app.id:
            if caller.installation.id not in self.installations:
                raise ApiError(401, "Bad credentials")
            if caller.installation.suspended_at is not None:
                raise ApiError(403, "This installation has been suspended")
        return caller

    def _app_caller(self, credential: str) -> Caller:
        """Check an App's JWT: RS256, our key, `iss`, `iat` not ahead, `exp` at most ten minutes off.

        https://docs.github.com/apps/creating-github-apps (Generating a JSON Web Token)
        """
        try:
            claims = jwt.decode(
                credential,
                self.app.public_key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise ApiError(401, "A JSON web token could not be decoded") from None
        now = self.wall()
        issued, expires = claims.get("iat"), claims.get("exp")
        if str(claims.get("iss")) not in {str(self.app.id), self.app.client_id}:
            raise ApiError(401, "Integration not found")
        if not isinstance(issued, int) or issued > now + 60:
            raise ApiError(401, _BAD_IAT)
        if not isinstance(expires, int) or expires <= now:
            raise ApiError(401, _BAD_EXP)
        if expires > now + 600:
            raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
        return Caller("app", self.app.bot)
