"""A policy with its rules compiled: built once when a policy is loaded, then shared by all reconciles."""

from __future__ import annotations

from functools import cached_property

from bot.model import Actor
from bot.policy.schema import Policy
from bot.rules.durations import Calendars
from bot.rules.intake import IntakeRule
from bot.rules.routing import Router
from bot.rules.speech import Speech


class Rulebook:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.intake = IntakeRule(policy)
        self.calendars = Calendars.of(policy.clocks)
        self.speech = Speech(policy.clocks.no_response)
        self.predecessors = tuple(Actor(i.login, i.id, i.kind) for i in policy.identities)

    @cached_property
    def router(self) -> Router:
        """Compiled when it is first asked: it takes a third of a policy's time, and no start waits for it."""
        return Router(self.policy)
