"""Floor 0: public holidays of a country, without those of all others.

The package `holidays` imports every country with the first one that is asked for: 8 MB, and a tenth of each
start. A package `holidays.countries` that knows only the way to its modules lets each country come alone.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import holidays

COUNTRIES = "holidays.countries"


def public_holidays(country: str, subdiv: str | None) -> holidays.HolidayBase:
    """The days off, by ISO 3166 code. Raises NotImplementedError for what is not known, with what is."""
    _one_by_one()
    return holidays.country_holidays(country, subdiv=subdiv)


@cache
def _one_by_one() -> None:
    """From now on a country is imported alone, unless all are there already."""
    folder = Path(holidays.__file__).parent / "countries"
    if COUNTRIES not in sys.modules and folder.is_dir():
        package = ModuleType(COUNTRIES)
        package.__path__ = [str(folder)]
        sys.modules[COUNTRIES] = package
