"""What explains the orders that differ, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from policydsl.day_to_day.attribution import Attribution, Effect, Measures
from policydsl.day_to_day.document import Json, measured
from policydsl.output import counted
from policydsl.report import wrapped
from policydsl.tables import dollars, table

HEADER = ("explains", "orders", "trades", "sold", "bought", "tax", "tracking error")


def attribution_text(found: Sequence[Attribution]) -> str:
    """A household after the other: each cause alone, the interaction, and step by step."""
    return "\n".join("".join(f"{line}\n" for line in _lines(each)) for each in found)


def attribution_document(found: Sequence[Attribution]) -> list[Json]:
    """The same with stable field names."""
    return [
        {
            "household_id": each.household_id,
            "differ": each.differ,
            "dollars": f"{each.dollars:.2f}",
            "total": measured(each.total),
            "alone": [_effect(effect) for effect in each.alone],
            "steps": [_effect(effect) for effect in each.steps],
            "interaction": measured(each.interaction),
        }
        for each in found
    ]


def _effect(effect: Effect) -> Json:
    return {
        "causes": [{"kind": cause.kind, "name": str(cause)} for cause in effect.causes],
        "orders": effect.orders,
        "explained": effect.explained,
        "whole": effect.whole,
        "moved": measured(effect.moved) if effect.moved else None,
        "unsolved": effect.unsolved or None,
    }


def _lines(found: Attribution) -> Iterator[str]:
    yield from wrapped("", [verdict(found)])
    rows = [
        *(_row(effect) for effect in found.alone if effect.moved and _matters(effect)),
        ("interaction", _percent(_left(found)), "", *_numbers(found.interaction)),
        ("together", "100%" if found.differ else "", str(found.differ), *_numbers(found.total)),
    ]
    yield from table(("each cause alone", *HEADER), rows, "lrrrrrrr").splitlines()
    for effect in found.alone:
        if effect.unsolved:
            yield from wrapped("", [f"{_names(effect)} cannot be told apart: {effect.unsolved}"])
    if len(found.steps) > 1:
        steps = [_row(effect) for effect in found.steps if _matters(effect)]
        yield from table(("one after the other", *HEADER), steps, "lrrrrrrr").splitlines()
    without = [str(cause) for each in found.alone if not _matters(each) for cause in each.causes]
    if without:
        yield from wrapped("", [f"without effect on it: {', '.join(without)}"])


def verdict(found: Attribution) -> str:
    """The causes that account for the difference, in a sentence."""
    lead = f"{found.household_id}: {counted(found.differ, 'order')} differ"
    lead += "s" if found.differ == 1 else ""
    if not found.differ:
        return f"{found.household_id}: the status differs, no order does"
    lead += f", {dollars(found.dollars)} of trading"
    if not found.reasons:
        return f"{lead}, explained by no cause alone"
    first, *rest = found.reasons
    if first.whole:
        return f"{lead}, all explained by {_names(first)} alone"
    told = [first, *(each for each in rest if abs(each.explained) >= LEAST)]
    parts = ", ".join(f"{_part(each)} by {_names(each)}" for each in told)
    return f"{lead}; explained alone: {parts}"


LEAST = 0.005
"""Parts of the difference below this are not told in the sentence."""


def _part(effect: Effect) -> str:
    return _percent(effect.explained)


def _percent(part: float) -> str:
    text = f"{part * 100:.0f}%"
    return "0%" if text == "-0%" else text


def _left(found: Attribution) -> float:
    """The part of the difference that no cause alone accounts for."""
    return (1 if found.differ else 0) - sum(each.explained for each in found.alone)


def _matters(effect: Effect) -> bool:
    return bool(effect.orders or effect.unsolved or any(effect.moved.values()))


def _names(effect: Effect) -> str:
    return " with ".join(map(str, effect.causes))


def _row(effect: Effect) -> tuple[str, ...]:
    if not effect.moved:
        return (_names(effect), "cannot be told", *[""] * 6)
    return (_names(effect), _part(effect), str(effect.orders), *_numbers(effect.moved))


def _numbers(moved: Measures) -> tuple[str, ...]:
    return (
        f"{int(moved['trades']):+d}" if moved["trades"] else "0",
        *(_signed(moved[name]) for name in ("sold", "bought", "tax")),
        _points(moved["tracking_error"]),
    )


def _signed(amount: Decimal) -> str:
    text = dollars(amount)
    return text if text == "$0" or text.startswith("-") else f"+{text}"


def _points(rate: Decimal) -> str:
    text = f"{rate * 100:+.2f}%"
    return "0" if text in ("+0.00%", "-0.00%") else text
