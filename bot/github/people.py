"""Floor 2: whose token it is, and who may read a repository while it is private.

Both fail closed: an answer that is not as described lets nobody in.
"""

from __future__ import annotations

from bot.github import parse
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import GET_REPOSITORY, GET_ROLE, GET_SELF
from bot.model import Actor

# GitHub folds triage, maintain and custom roles into these
# (https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user).
_READING = frozenset({"read", "write", "admin"})


async def itself(gh: GitHub) -> Actor:
    """The person whose token the client has. Raises what `rest` raises."""
    found = await gh.rest(GET_SELF)
    return parse.readable(GET_SELF.path, lambda: Actor(str(found["login"]), int(found["id"])))


async def reads_while_private(gh: GitHub, owner: str, repo: str, person: Actor) -> bool:
    """May the person read the repository, and is it private? On a public one everybody may.

    The id is compared too: a login may be another's by now. Raises Transient and Forbidden.
    """
    try:
        repository = await gh.rest(GET_REPOSITORY, owner=owner, repo=repo)
        if not parse.readable(GET_REPOSITORY.path, lambda: repository["private"] is True):
            return False
        found = await gh.rest(GET_ROLE, owner=owner, repo=repo, username=person.login)
    except UnexpectedStatus as error:
        if error.status == 404:  # no such repository, or no such person
            return False
        raise
    permission, ident = parse.readable(
        GET_ROLE.path, lambda: (str(found["permission"]), int(found["user"]["id"]))
    )
    return permission in _READING and ident == person.id
