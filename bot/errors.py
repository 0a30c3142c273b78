"""Floor 0: the errors this program raises on purpose. No message carries issue text."""

from __future__ import annotations

import traceback


class RfhError(Exception):
    """Base of all our own errors."""


class UserError(RfhError):
    """Shown to the person as is: what is wrong and what to do. Exit code 2 on the command line."""


class PolicyError(UserError):
    """A policy that cannot be used; `problems` are ready to print, one a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Transient(RfhError):
    """GitHub (or the network) failed in a way that may pass. `retry_after` in seconds, when it said so."""

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class ServiceDown(Transient):
    """Another service failed in a way that may pass; GitHub's limits have nothing to do with it."""


class SlackDown(ServiceDown):
    """Slack did."""


class PagerDown(ServiceDown):
    """The paging service did."""


class Gone(RfhError):
    """The issue ended for us: deleted, transferred, converted, or no issue at all. `why` is one word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Forbidden(RfhError):
    """GitHub refused for good: a permission is missing or the installation is suspended."""


def places(error: BaseException) -> list[str]:
    """Where it happened, as file and line, without what was there: a message may quote an issue."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
