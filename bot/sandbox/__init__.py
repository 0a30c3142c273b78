"""An in-process GitHub for the demo and the tests: REST, GraphQL, webhooks, and a page to play with."""

from bot.sandbox.faults import Faults, Once
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World

__all__ = ["Faults", "Once", "Sandbox", "World"]
