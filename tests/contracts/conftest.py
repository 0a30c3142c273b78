"""Fixtures over GitHub's published descriptions; contract tests are skipped where they are missing."""

from __future__ import annotations

import json
from typing import Any

import graphql
import pytest
from github_schema import MISSING, OCTOKIT, OpenApi, sdl


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Contracts are held against files from npm."""
    if not OCTOKIT.is_dir():
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def openapi(_installed: None) -> OpenApi:
    """GitHub's REST description (api.github.com)."""
    return OpenApi.installed()


@pytest.fixture(scope="session")
def graphql_schema(_installed: None) -> graphql.GraphQLSchema:
    """GitHub's GraphQL schema."""
    return sdl()


@pytest.fixture(scope="session")
def webhook_examples(_installed: None) -> dict[str, list[dict[str, Any]]]:
    """GitHub's example payloads by event name."""
    events = json.loads((OCTOKIT / "webhooks-examples/api.github.com/index.json").read_bytes())
    return {event["name"]: event["examples"] for event in events}
