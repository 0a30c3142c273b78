"""Floor 4: logs: one JSON object a line, with ids and never with text of issues."""

from __future__ import annotations

import json
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
    # Libraries may quote requests in their messages: only their errors, and only where they come from.
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Library())
    logging.basicConfig(handlers=[handler], level=logging.ERROR)


class _Library(logging.Formatter):
    """A library's error by its logger and the exception's type; messages and tracebacks hold texts."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        line = {"level": record.levelname.lower(), "msg": "library", "logger": record.name}
        return json.dumps(line | ({"error": kind.__name__} if kind is not None else {}))
