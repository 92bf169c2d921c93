"""Holds what a case expects against what the library found, key by key.

Found values are decimals, words, days, flags, and lists and mappings of them. Only keys that a case
gives are compared; a list that it gives has to match row for row, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policydsl.tax_cases.document import Node

Plain = Decimal | str | bool | date | None
Found = Plain | Sequence["Found"] | Mapping[str, "Found"]
Row = Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of a case: what it expects and what was found, in words."""

    key: str
    expected: str
    found: str
    node: Node


MISSING = "nothing"


def differences(expected: Node, found: Mapping[str, Found], key: str = "") -> Iterator[Difference]:
    """Each disagreement below the keys of `expected`."""
    for name, node in expected.keys().items():
        full = f"{key}.{name}" if key else name
        if name not in found:
            yield Difference(full, shown(node), "no such key", node)
        else:
            yield from _compare(node, found[name], full)


def _compare(node: Node, found: Found, key: str) -> Iterator[Difference]:
    if isinstance(node.value, dict):
        if isinstance(found, Mapping):
            yield from differences(node, found, key)
        else:
            yield Difference(key, shown(node), said(found), node)
    elif isinstance(node.value, list):
        yield from _in_sequence(node, found, key)
    elif not agrees(node.value, found, key):
        yield Difference(key, shown(node), said(found), node)


def _in_sequence(node: Node, found: Found, key: str) -> Iterator[Difference]:
    """Items one after the other."""
    items = node.items()
    rows = list(found) if isinstance(found, Sequence) and not isinstance(found, str) else None
    if rows is None or len(rows) != len(items):
        yield Difference(key, shown(node), said(found), node)
        return
    for number, (item, row) in enumerate(zip(items, rows, strict=True)):
        yield from _compare(item, row, f"{key}[{number}]")


# --- rows in any order ---------------------------------------------------------------------------


def rows_differ(
    expected: Node, found: Sequence[Row], key: str, names: Sequence[str]
) -> Iterator[Difference]:
    """Disagreements of rows that may come in any order. Rows that agree whole are paired first,
    then those that agree in most of `names`, which say what a row is about."""
    items = expected.items()
    paired = _paired(items, found)
    free = [number for number in range(len(found)) if number not in paired.values()]
    for number, item in enumerate(items):
        if number in paired:
            continue
        best = _nearest(item, found, free, names)
        title = f"{key}[{_title(item, names)}]"
        if best is None:
            yield Difference(title, shown(item), MISSING, item)
        else:
            free.remove(best)
            yield from differences(item, found[best], title)
    for left in free:
        yield Difference(key, MISSING, said(found[left]), expected)


def _paired(items: Sequence[Node], found: Sequence[Row]) -> dict[int, int]:
    """As many expected rows as possible with found rows that they agree with whole."""
    fits = [
        [place for place, row in enumerate(found) if not any(differences(item, row))]
        for item in items
    ]
    holder: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for candidate in fits[number]:
            if candidate not in tried:
                tried.add(candidate)
                if candidate not in holder or place(holder[candidate], tried):
                    holder[candidate] = number
                    return True
        return False

    for number in range(len(items)):
        place(number, set())
    return {number: candidate for candidate, number in holder.items()}


def _nearest(
    item: Node, found: Sequence[Row], free: Sequence[int], names: Sequence[str]
) -> int | None:
    """The free row that agrees in every name given, and in most other keys."""
    given = item.keys()
    same = [
        number
        for number in free
        if all(
            agrees(given[name].scalar(), found[number].get(name), name)
            for name in names
            if name in given
        )
    ]
    return min(same, key=lambda number: len(list(differences(item, found[number]))), default=None)


def _title(item: Node, names: Sequence[str]) -> str:
    given = item.keys()
    return " ".join(f"{name} {shown(given[name])}" for name in names if name in given)


# --- values --------------------------------------------------------------------------------------

CENT = Decimal("0.01")


def agrees(expected: object, found: Found, key: str) -> bool:
    """Whether a value is the one expected: dollars to the cent, or as far as more decimals are
    given; shares and counts exactly, or as far as four decimals and more are given."""
    if isinstance(found, str) or (isinstance(found, date) and isinstance(expected, str)):
        # A name may look like a number or a day, and a day may be written as a word.
        return expected is not None and str(expected) == str(found)
    if not isinstance(expected, Decimal):
        return type(expected) is type(found) and expected == found
    if not isinstance(found, Decimal):
        return False
    places = -int(expected.as_tuple().exponent)
    exact = "shares" in key or "days" in key or "picks" in key
    if exact and places < 4:
        return expected == found
    unit = min(CENT, Decimal(1).scaleb(-places))
    return abs(found - expected) <= unit / 2


def shown(node: Node) -> str:
    """An expectation as it is written."""
    value = node.value
    if isinstance(value, list):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) + "}"
    return said(value)


def said(found: Found) -> str:
    """A found value as a case would write it."""
    if found is None:
        return MISSING
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, Decimal):
        return f"{found:f}"
    if isinstance(found, str | date):
        return str(found)
    if isinstance(found, Mapping):
        return "{" + ", ".join(f"{name}: {said(each)}" for name, each in found.items()) + "}"
    return "[" + ", ".join(said(each) for each in found) + "]"
