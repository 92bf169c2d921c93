"""Bands as people write them in tables, and bands that two statements make together."""

from __future__ import annotations

from dataclasses import replace

from compiler.directives.band import WeightBand
from compiler.directives.base import Directive
from compiler.directives.cash import CashBand
from compiler.ranges import Range
from compiler.statements import Statement


def range_of(statement: Statement) -> Range:
    """The numbers a statement allows; open where it states none."""
    return statement.directive.range or Range()


def one_sided(directive: Directive, *ends: str) -> Directive:
    """The directive with only these of its ends (`low`, `high`)."""
    low, high = "low" in ends, "high" in ends
    if isinstance(directive, CashBand):
        return replace(
            directive, low=directive.low if low else None, high=directive.high if high else None
        )
    if not isinstance(directive, WeightBand) or (low and high):
        return directive
    if directive.relation in (None, "share"):
        dropped = {"high": None, "high_share": None} if low else {"low": None, "low_share": None}
        return replace(directive, **dropped)  # type: ignore[arg-type]
    if low:
        return replace(directive, relation="below", high_points=None)
    return replace(directive, relation="above", low_points=None)


def said(directive: Directive) -> str:
    """A band as people write it in tables: `2.5% to 4% of account`."""
    words = directive.describe_range()
    if words.startswith("between "):
        return words.removeprefix("between ").replace(" and ", " to ", 1)
    return words


def joined(low: Statement | None, high: Statement | None) -> str:
    """What two winners together allow."""
    if low is None or high is None or low is high:
        only = low or high
        if only is None:
            return "no limit"
        ends = (["low"] if low else []) + (["high"] if high else [])
        return said(one_sided(only.directive, *ends))
    directive = low.directive
    if isinstance(directive, CashBand | WeightBand):
        merged = _merged(directive, high.directive)
        if merged is not None:
            return said(merged)
    return f"{said(one_sided(low.directive, 'low'))}, {said(one_sided(high.directive, 'high'))}"


def _merged(low: CashBand | WeightBand, high: Directive) -> Directive | None:
    if isinstance(low, CashBand) and isinstance(high, CashBand):
        return replace(low, high=high.high)
    if isinstance(low, WeightBand) and isinstance(high, WeightBand) and low.relation is None:
        return replace(low, high=high.high)
    return None
