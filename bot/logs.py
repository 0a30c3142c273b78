"""Floor 4: logs: one JSON object a line on stderr, with ids and never with text of issues."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up(level: str) -> None:
    """Configure structlog for the process. `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("msg"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries may quote requests in their messages: only their warnings, and only where they come from.
    logging.basicConfig(
        level=logging.ERROR, format='{"level":"%(levelname)s","msg":"library","logger":"%(name)s"}'
    )
