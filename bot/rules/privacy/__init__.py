"""Floor 1: what must not become public, and where it stands (issue: safe publishing). See `scan.py`."""

from bot.rules.privacy.finding import Finding, Kind, Mode, Severity
from bot.rules.privacy.redact import Redaction, fingerprint, redact
from bot.rules.privacy.scan import Context, External, Knowledge, Scanner

__all__ = [
    "Context",
    "External",
    "Finding",
    "Kind",
    "Knowledge",
    "Mode",
    "Redaction",
    "Scanner",
    "Severity",
    "fingerprint",
    "redact",
]
