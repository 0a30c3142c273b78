"""Plots on a page: drawn beside the event loop, kept by what they show, and left out without the extra."""

from __future__ import annotations

import asyncio
import hashlib
import json

import cachetools
from markupsafe import Markup

from bot import plots

_KEPT = 256


class Pictures:
    """`draw` gives the SVG for a chart; None when plots are not installed."""

    def __init__(self) -> None:
        self._known: cachetools.LRUCache[str, Markup] = cachetools.LRUCache(_KEPT)
        self.missing = "" if plots.available() else plots.MISSING

    async def draw(self, chart: plots.Spec) -> Markup | None:
        """Ready for a template: Vega escapes the words in it."""
        if self.missing:
            return None
        key = hashlib.sha256(json.dumps(chart, sort_keys=True).encode()).hexdigest()
        if key not in self._known:
            self._known[key] = Markup(await asyncio.to_thread(plots.svg, chart))  # noqa: S704
        return self._known[key]
