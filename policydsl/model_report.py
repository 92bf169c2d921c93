"""What changed in models, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from policydsl.tables import table
from portfolio.model_changes import EVER, Change, Moved

MOST = 12
"""Securities of a nested model that are listed; the rest are counted."""


def changes_text(changes: Sequence[Change]) -> str:
    """A paragraph a model and day."""
    return "\n".join("\n".join(_lines(change)) + "\n" for change in changes)


def changes_document(changes: Sequence[Change]) -> list[dict[str, object]]:
    """The same with stable field names; weights are text, so that no reader rounds them."""
    return [
        {
            "model_id": change.model_id,
            "first": None if change.first == EVER else change.first.isoformat(),
            "last": None if change.last is None else change.last.isoformat(),
            "came": change.came,
            "went": change.went,
            "written": [_moved_document(each) for each in change.written],
            "alternates": [
                {"component": each.component, "before": each.before, "after": each.after}
                for each in change.alternates
            ],
            "flat": [_moved_document(each) for each in change.flat],
            "through": list(change.through),
        }
        for change in changes
    ]


def _moved_document(moved: Moved) -> dict[str, object]:
    before, after = (
        None if weight is None else f"{weight:f}" for weight in (moved.before, moved.after)
    )
    return {"name": moved.name, "before": before, "after": after}


def _lines(change: Change) -> Iterator[str]:
    days = "" if change.first == EVER else f" from {change.first}"
    days += "" if change.last is None else f" until {change.last}"
    state = " is new" if change.came else " is gone" if change.went else ""
    yield f"{change.model_id}{state}{days}"
    yield from _rows(change.written)
    for each in change.alternates:
        yield (
            f"  alternates of {each.component}: {', '.join(each.before) or 'none'} > "
            f"{', '.join(each.after) or 'none'}"
        )
    if change.through:
        yield f"  through {', '.join(change.through)}"
    if change.written and _opened(change):
        yield f"  opened, {len(change.flat)} securities"
        yield from _rows(change.flat[:MOST])
        if len(change.flat) > MOST:
            yield f"  and {len(change.flat) - MOST} smaller ones"


def _opened(change: Change) -> bool:
    """Whether the securities say more than the components."""
    return {each.name for each in change.flat} != {each.name for each in change.written}


def _rows(moved: Sequence[Moved]) -> Iterator[str]:
    rows = [(f"  {_verb(each)}", each.name, _weights(each)) for each in moved]
    if rows:
        yield from table(("", "", ""), rows).splitlines()[1:]


def _verb(moved: Moved) -> str:
    if moved.before is None:
        return "came"
    return "went" if moved.after is None else "moved"


def _weights(moved: Moved) -> str:
    shown = [_percent(weight) for weight in (moved.before, moved.after) if weight is not None]
    return " > ".join(shown)


def _percent(weight: Decimal) -> str:
    """`2.5%`, to four places."""
    text = f"{weight * 100:.4f}".rstrip("0").rstrip(".")
    return f"{text}%"
