"""Floor 4: the file of settings that set-up writes, for its owner alone, and every later start reads.

One ``NAME='value'`` a line, so that systemd and a shell read it too; line ends of a private key are written
as ``\\n``. It may hold only what set-up writes: found in a folder that somebody else made, it must not lead
this program's other credentials to another GitHub. Variables of the environment go before it.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserError

DEFAULT = "rfh-bot.env"
IDENTITY = ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")
PAGES = ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "RFH_BOT_URL")
NAMES = (*IDENTITY, *PAGES, "RFH_BOT_MEMORY_KEY", "RFH_BOT_REPOS")
_LINE = re.compile(r"\A(?P<name>[A-Z_]+)=(?P<quote>'?)(?P<value>[^'\n]*)(?P=quote)\Z")


def path_of(environment: Mapping[str, str]) -> Path:
    """Where the file is, or would be."""
    return Path(environment.get("RFH_BOT_ENV_FILE") or DEFAULT)


def complete(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, and below it what the file holds. Raises UserError for one not to be used."""
    path = path_of(environment)
    known = _read(path, named=bool(environment.get("RFH_BOT_ENV_FILE"))) if path.exists() else {}
    given = {name: value for name, value in environment.items() if value}
    return {name: value for name, value in known.items() if f"{name}_FILE" not in given} | given


def nameless(environment: Mapping[str, str]) -> bool:
    """Is nothing at all said about who the App is? Then it can be set up; half of it is a mistake."""
    return not any(environment.get(name) or environment.get(f"{name}_FILE") for name in IDENTITY)


def save(path: Path, values: Mapping[str, str]) -> None:
    """Write `values` beside what the file holds already: whole or not at all, readable by its owner only.

    Raises OSError, and ValueError for a value that one line cannot hold.
    """
    known = _read(path, named=True) if path.exists() else {}
    lines = [_line(name, value) for name, value in (known | dict(values)).items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600, and nobody else's
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(lines))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _line(name: str, value: str) -> str:
    text = value.strip().replace("\n", "\\n")
    if "'" in text or "\r" in text:
        raise ValueError(f"{name}: cannot stand in a file of settings")
    return f"{name}='{text}'\n"


def _read(path: Path, *, named: bool) -> dict[str, str]:
    """What the file holds. One that was not asked for by name must be the user's, and closed to others."""
    try:
        with path.open(encoding="utf-8") as file:
            state = os.fstat(file.fileno())  # of what is read, whatever has the name by now
            if not named and (state.st_uid != os.geteuid() or stat.S_IMODE(state.st_mode) & 0o077):
                raise UserError(f"{path} is not yours alone: chmod 600 it, or take it away")
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path} ({type(error).__name__}): see RFH_BOT_ENV_FILE") from None
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None or found["name"] not in NAMES:
            raise UserError(
                f"{path}:{number}: write NAME='value', of {', '.join(NAMES)}; others go into the environment"
            )
        values[found["name"]] = found["value"]
    return values
