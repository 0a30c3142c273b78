"""Floor 4: logs: one JSON object a line, with ids and never with text of issues."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Set up logging to `stream`, else stderr. `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("msg"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries may quote requests in their messages: only their warnings, and only where they come from.
    logging.basicConfig(
        stream=stream,
        level=logging.ERROR,
        format='{"level":"%(levelname)s","msg":"library","logger":"%(name)s"}',
    )
