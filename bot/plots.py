"""Floor 1: plots as SVG or PNG, made on this machine, without network and without a browser.

Plain series in, a picture out. Vega-Lite draws (package vl-convert-python, extra ``report``); its charts are
JSON, so no further package is needed to describe one. Without the extra there are no plots: whoever shows
them has the same numbers in a table anyway, and says what to install (`MISSING`).

Colours are those of the place: on a page they are the page's CSS variables, so that one picture fits light
and dark; in a file they are fixed. Lines differ by dash too, not by colour alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VEGA_LITE = "6.1"  # of those that vl-convert has inside
MISSING = "Plots need the extra `report`: pip install 'rfh-bot[report]'"
Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """Colours: of words, quiet words, grid, goal, background, and of lines and bars, in order."""

    text: str
    soft: str
    grid: str
    goal: str
    background: str | None
    marks: tuple[str, ...]


PAGE = Look("var(--text)", "var(--soft)", "var(--line)", "var(--bad)", None, ("var(--p1)", "var(--p2)"))
LIGHT = Look("#1d232b", "#5c6673", "#dde1e7", "#b3261e", "#ffffff", ("#2563c9", "#b4540a"))
DARK = Look("#dfe5ec", "#9aa6b4", "#38434f", "#ff8a80", "#191f27", ("#7db0ff", "#f0a35e"))


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a value at each moment; None leaves a moment out."""

    name: str
    points: Sequence[tuple[datetime, float | None]]


def available() -> bool:
    """Is the extra installed?"""
    return importlib.util.find_spec("vl_convert") is not None


def trend(
    series: Sequence[Series],
    *,
    percent: bool = False,
    goal: float | None = None,
    at_most: bool = False,
    look: Look = PAGE,
) -> Spec:
    """Lines over weeks; `goal` is a dashed line with its value. With `percent`, 0.1 is 10 %."""
    rows = [
        {"week": at.date().isoformat(), "name": one.name, "value": value}
        for one in series
        for at, value in one.points
        if value is not None
    ]
    names = [one.name for one in series]
    form = ".0%" if percent else "~g"
    encoding = {
        "x": {
            "field": "week",
            "type": "temporal",
            "axis": {"title": None, "format": "%-d %b", "tickCount": 5, "grid": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "axis": {"title": None, "format": form, "tickCount": 4},
            "scale": {"zero": False} if percent and not at_most else {"domainMin": 0},
        },
    }
    several = len(names) > 1
    legend = {"title": None, "orient": "top", "symbolType": "stroke"} if several else None
    told_apart = {
        "color": {
            "field": "name",
            "scale": {"domain": names, "range": list(look.marks[: len(names)])},
            "legend": legend,
        },
        "strokeDash": {
            "field": "name",
            "scale": {"domain": names, "range": [[1, 0], [5, 3]]},
            "legend": legend,
        },
    }
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": encoding | told_apart}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 34, "opacity": 1},
        "encoding": encoding | {"color": told_apart["color"]},
    }
    layers: list[Spec] = [line, dots]
    if goal is not None:
        layers += _goal(goal, percent, at_most, look)
    return _spec({"data": {"values": rows}, "layer": layers}, look)


def bars(rows: Sequence[tuple[str, float]], *, percent: bool = False, look: Look = PAGE) -> Spec:
    """One bar a row, in the order given, its value at its end."""
    values = [{"name": name, "value": value} for name, value in rows]
    form = ".0%" if percent else "~g"
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": True}}
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "domain": False, "ticks": False, "labelLimit": 170},
    }
    bar = {"mark": {"type": "bar", "color": look.marks[0], "height": 14}, "encoding": {"x": x, "y": y}}
    label = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": look.text},
        "encoding": {"x": x, "y": y, "text": {"field": "value", "format": form}},
    }
    height = max(24 * len(rows), 24)
    return _spec({"data": {"values": values}, "layer": [bar, label], "width": 230, "height": height}, look)


def side_by_side(charts: Sequence[tuple[str, Spec]], look: Look = LIGHT) -> Spec:
    """Several of the above in one picture, each under its title."""

    def titled(title: str, chart: Spec) -> Spec:
        # A mark, as Vega sets titles above labels, whose heights differ.
        words = {"type": "text", "text": title, "align": "left", "x": 0, "y": -20, "color": look.text}
        layer: Spec = {"data": {"values": [{}]}, "mark": words | {"fontSize": 13, "fontWeight": "bold"}}
        own = {key: value for key, value in chart.items() if key not in frame}
        return own | {"layer": [*chart["layer"], layer]}

    frame = {key: value for key, value in _spec({}, look).items() if key not in ("width", "height")}
    return {
        **frame,
        "padding": 16,
        "spacing": 115,  # between the plots alone, as their labels differ in width too
        "bounds": "flush",
        "resolve": {"scale": {"color": "independent", "strokeDash": "independent"}},
        "hconcat": [titled(title, chart) for title, chart in charts],
    }


def _goal(goal: float, percent: bool, at_most: bool, look: Look) -> list[Spec]:
    number = f"{goal * 100:g} %" if percent else f"{goal:g}"
    once: Spec = {"data": {"values": [{}]}, "encoding": {"y": {"datum": goal}}}
    rule = once | {"mark": {"type": "rule", "strokeDash": [4, 3], "color": look.goal}}
    words = [f"{'≤' if at_most else '≥'} {number}", "goal"]
    text = {"type": "text", "text": words, "align": "left", "baseline": "middle", "x": "width", "dx": 6}
    return [rule, once | {"mark": text | {"dy": -7, "color": look.goal}}]


def _spec(chart: Spec, look: Look) -> Spec:
    axis = {
        "labelColor": look.soft,
        "labelFontSize": 12,
        "gridColor": look.grid,
        "domainColor": look.grid,
        "tickColor": look.grid,
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",  # a name; nothing is fetched
        "width": 290,
        "height": 150,
        "background": look.background,
        "config": {
            "aria": False,  # the page says in words what a picture shows
            "mark": {"aria": False},
            "font": "system-ui, 'DejaVu Sans', sans-serif",
            "axis": axis,
            "legend": {"labelColor": look.text, "labelFontSize": 12, "offset": 4},
            "text": {"fontSize": 12},
            "view": {"stroke": None},
        },
        **chart,
    }


# ── pictures ────────────────────────────────────────────────────────────────────────────────


def svg(spec: Mapping[str, Any]) -> str:
    """The picture as an ``<svg>`` element. The first takes half a second, the others some 20 ms.

    Raises ImportError without the extra.
    """
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(dict(spec), vl_version=VEGA_LITE, allowed_base_urls=[])
    return drawn


def png(spec: Mapping[str, Any], *, scale: float = 2.0) -> bytes:
    """The picture as a PNG file, for places that show no SVG. Raises ImportError without the extra."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(
        dict(spec), vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[]
    )
    return drawn
