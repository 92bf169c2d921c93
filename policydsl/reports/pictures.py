"""Pictures of numbers before and after, drawn as SVG: text stays text.

The same numbers give the same bytes. Colours are Okabe and Ito's, told apart by all kinds of colour
vision, and shapes differ too: hollow is before, filled is after, a line is the target.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from policydsl.reports.pages import Picture

BEFORE, AFTER, TARGET = "#5b6573", "#0072b2", "#b34700"
QUIET = "#c9d0d9"
INK = "#1c2430"
WIDTH = 5.2  # inches: three fifths of a page of Letter, a little enlarged
LONGEST = 30  # characters of a name beside its row
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
FONTS = "'DejaVu Sans', system-ui, sans-serif"


class Unit(Enum):
    """What numbers are of."""

    PERCENT = "percent"
    DOLLARS = "dollars"

    def said(self, value: float) -> str:
        """`12.34%`, `-$1,234`."""
        if self is Unit.PERCENT:
            return f"{value:.2f}%"
        return f"-${-value:,.0f}" if value <= -0.5 else f"${abs(value):,.0f}"


@dataclass(frozen=True, slots=True)
class Change:
    """A named number before and after, and where it is meant to be, if anywhere."""

    name: str
    before: float
    after: float
    target: float | None = None


def before_and_after(title: str, rows: Sequence[Change], unit: Unit = Unit.PERCENT) -> Picture:
    """A row for each name: before hollow, after filled, numbers at the right. Where all have a
    target it is a line, and what is drawn are points above and below it. No two pictures of a page
    have one title."""
    aimed = all(row.target is not None for row in rows)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 9}):
        height = 0.75 + 0.27 * len(rows)
        figure = Figure(figsize=(WIDTH, height))
        width = 0.36 if unit is Unit.PERCENT else 0.25
        axes = figure.add_axes((0.33, 0.36 / height, width, 0.27 * len(rows) / height))
        _rows(axes, rows, unit, aimed)
        _legend(axes, aimed)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    says = " ".join(_said(row, unit) for row in rows)
    drawn = "points above or below the target" if aimed else unit.value
    return Picture(f"{title}: {drawn}", says, _inline(out.getvalue(), title, says))


def _rows(axes: Axes, rows: Sequence[Change], unit: Unit, aimed: bool) -> None:
    for place, row in enumerate(rows):
        zero = row.target or 0.0
        before, after = row.before - zero, row.after - zero
        axes.plot([before, after], [place, place], color=QUIET, linewidth=3, zorder=1)
        axes.plot([before], [place], "o", color=BEFORE, markerfacecolor="white", markersize=7)
        axes.plot([after], [place], "o", color=AFTER, markersize=5.5)
        _label(axes, row, place, unit)
    drawn = [v - (row.target or 0.0) for row in rows for v in (row.before, row.after)]
    low, high = min([*drawn, 0.0]), max([*drawn, 0.0])
    room = (high - low) * 0.05 or 1.0
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0.0, color=TARGET if aimed else QUIET, linewidth=1.5, zorder=0)
    axes.set_yticks([])
    axes.tick_params(axis="x", colors=INK, length=0, labelsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(5 if unit is Unit.PERCENT else 2))
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value, unit, aimed))
    axes.grid(axis="x", color="#e4e8ed", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _tick(value: float, unit: Unit, aimed: bool) -> str:
    if unit is Unit.DOLLARS:
        return unit.said(value)
    return f"{value:g}%" if not aimed else f"{value:+g}" if value else "0"


def _label(axes: Axes, row: Change, place: int, unit: Unit) -> None:
    """The name at the left, the numbers at the right."""
    across = axes.get_yaxis_transform()
    name = row.name if len(row.name) <= LONGEST else f"{row.name[: LONGEST - 1]}…"
    beside: dict[str, Any] = {
        "va": "center",
        "color": INK,
        "parse_math": False,
        "transform": across,
    }
    axes.text(-0.02, place, _drawn(name), ha="right", **beside)
    numbers = f"{unit.said(row.before)} → {unit.said(row.after)}"
    axes.text(1.05, place, numbers, ha="left", **beside)


def _legend(axes: Axes, aimed: bool) -> None:
    """What the shapes mean, above the first row."""
    kinds = [("o", BEFORE, "white", 7.0, "before"), ("o", AFTER, AFTER, 5.5, "after")]
    if aimed:
        kinds.append(("|", TARGET, TARGET, 11.0, "target"))
    shapes = [
        axes.plot([], [], kind, color=edge, markerfacecolor=face, markersize=size, label=label)[0]
        for kind, edge, face, size, label in kinds
    ]
    axes.legend(
        handles=shapes,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=len(kinds),
        frameon=False,
        fontsize=8.5,
        handletextpad=0.2,
        borderaxespad=0.0,
        labelcolor=INK,
    )


def _said(row: Change, unit: Unit) -> str:
    target = "" if row.target is None else f", target {unit.said(row.target)}"
    return f"{row.name}: {unit.said(row.before)} before, {unit.said(row.after)} after{target}."


def _drawn(name: str) -> str:
    """The name without what an XML file cannot hold."""
    return "".join(each if each.isprintable() else "\ufffd" for each in name)


def _inline(text: str, title: str, says: str) -> str:
    """A drawing as part of a page: named, nothing but what is drawn, and no id that is not used."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(text[text.index("<svg") :])
    used = {each.get(f"{{{XLINK}}}href", "") for each in root.iter()}
    used |= {
        v.removeprefix("url(").removesuffix(")") for e in root.iter() for v in e.attrib.values()
    }
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
        if f"#{parent.get('id')}" not in used:
            parent.attrib.pop("id", None)
        if "font-family" in parent.get("style", ""):
            parent.set("style", _one_font(parent.get("style", "")))
    for number, (tag, said) in enumerate((("title", title), ("desc", says))):
        named = ET.Element(f"{{{SVG}}}{tag}")
        named.text = _drawn(said)
        root.insert(number, named)
    root.set("role", "img")
    root.set("stroke-linejoin", "round")
    return ET.tostring(root, encoding="unicode")


def _one_font(style: str) -> str:
    kept = [each for each in style.split(";") if "font-family" not in each]
    return ";".join([*kept, f" font-family: {FONTS}"])
