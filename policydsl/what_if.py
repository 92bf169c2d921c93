"""What a policy file would do: each household with and without it, in numbers and in reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from compiler.check import TypedPolicies
from policydsl.document import Document
from policydsl.explanations.but_for import NOTHING, bounding, effect, more_statements, targets
from policydsl.explanations.sides import Side, differences, kept_alike, side
from policydsl.explanations.words import fine, signed
from policydsl.output import counted
from policydsl.rebalance import Outcome
from policydsl.report import sentence_lines
from policydsl.side_by_side import SideBySide, compared_document, trades_table
from policydsl.tables import dollars, table

MOST = 10
TOLD = 3


@dataclass(frozen=True)
class Change:
    """One household without and with the file; `enters` and `leaves` are statements by key."""

    household_id: str
    before: Side
    after: Side
    differences: Document
    enters: Mapping[str, Document]
    leaves: Mapping[str, Document]
    same_objective: bool
    document: Document

    @cached_property
    def effect(self) -> str:
        """As of a but-for: `none`, `not measurable`, `trades` or `status`."""
        return effect(self.before, self.after, same_objective=self.same_objective)


def changes(
    sides: SideBySide, before: TypedPolicies, after: TypedPolicies
) -> Iterator[tuple[Change, Outcome, Outcome]]:
    """What the file changes in each household."""
    for old, new in zip(sides.before, sides.after, strict=True):
        without, with_it = old.document, new.document
        was, now = side(without), side(with_it)
        here, there = without.get("statements") or {}, with_it.get("statements") or {}
        enters, leaves = more_statements(there, here), more_statements(here, there)
        same = bounding(before, leaves) and bounding(after, enters)
        yield (
            Change(
                new.household_id,
                was,
                now,
                differences(was, now),
                enters,
                leaves,
                same and targets(without) == targets(with_it) and kept_alike(was, now),
                with_it,
            ),
            old,
            new,
        )


def what_if_document(
    sides: SideBySide, before: TypedPolicies, after: TypedPolicies
) -> dict[str, Any]:
    """Totals and households as in other comparisons; of each also both sides, how they differ,
    which statements enter and leave, and whether the difference can be measured."""
    document = compared_document(sides)
    found = [change for change, _, _ in changes(sides, before, after)]
    households = document["households"]
    assert isinstance(households, list)
    document["households"] = [
        {
            **each,
            "sides": [change.before, change.after],
            "differences": change.differences,
            "enters": dict(change.enters),
            "leaves": dict(change.leaves),
            "effect": change.effect,
        }
        for each, change in zip(households, found, strict=True)
    ]
    return document


def what_if_text(sides: SideBySide, before: TypedPolicies, after: TypedPolicies) -> Iterator[str]:
    """For an advisor: a line a household, then what changes in each, and why."""
    found = [change for change, _, _ in changes(sides, before, after)]
    yield what_if_table(found)
    for change, (old, new) in zip(found, sides.pairs, strict=True):
        lines = list(_told(change))
        if lines:
            yield "\n".join(["", change.household_id, *lines])
        if change.differences and change.effect != "none":
            yield "\n" + trades_table(old, new, MOST)


def what_if_table(found: list[Change]) -> str:
    """Each household in numbers, and those together that are solved both ways."""
    rows = [_row(change) for change in found]
    if len(found) > 1:
        solved = [change.differences for change in found if change.differences]
        tax = sum((Decimal(each["tax_total"]) for each in solved), Decimal(0))
        count = str(sum(len(each["trades"]) for each in solved))
        rows.append(("all", count, signed(tax), "", "", "", ""))
    header = ("with the file", "orders", "tax", "tracking error", "from model", "worth", "status")
    return table(header, rows, "lrrrrrl")


def _row(change: Change) -> tuple[str, ...]:
    apart, was, now = change.differences, change.before, change.after
    status = (
        was["status"] if was["status"] == now["status"] else f"{was['status']} > {now['status']}"
    )
    if not apart:
        return (change.household_id, *["-"] * 5, status)
    worth = dollars(-Decimal(apart["objective"])) if change.same_objective else "-"
    return (
        change.household_id,
        str(len(apart["trades"])),
        signed(apart["tax_total"]),
        *(
            f"{fine(was[name])} > {fine(now[name])}"
            for name in ("tracking_error", "model_tracking_error")
        ),
        worth,
        status,
    )


def _told(change: Change) -> Iterator[str]:
    """The statements that come and go, whether they bind, and the largest trades that are new."""
    for key, statement in change.enters.items():
        place = (
            f"{statement['says']} [{statement['rule_id']}, {statement['file']}:{statement['line']}]"
        )
        yield from sentence_lines(f"in force: {place}{_binds(change.document, key)}")
    for statement in change.leaves.values():
        place = f"{statement['rule_id']}, {statement['file']}:{statement['line']}"
        yield from sentence_lines(f"no longer in force: {statement['says']} [{place}]")
    if "trades" not in change.after:
        for finding in change.after["findings"]:
            yield from sentence_lines(f"{change.after['status']}: {finding}")
    elif change.effect == "not measurable":
        yield from sentence_lines("both answers are as good, as far as can be proved")
    if not change.differences:
        return
    new = [t for t in change.document["trades"] if t["trade_id"] in change.differences["trades"]]
    sizes = {
        name: abs(Decimal(each["amount"])) for name, each in change.differences["trades"].items()
    }
    new.sort(key=lambda trade: (-sizes[trade["trade_id"]], trade["trade_id"]))
    for trade in new[:TOLD] if change.effect not in NOTHING else []:
        yield from sentence_lines(f"{trade['account_id']}: {trade['sentence']}")


def _binds(document: Document, key: str) -> str:
    """Where a statement presses on the trades."""
    bounds = [bound for bound in document.get("bounds") or () if bound["statement"] == key]
    held = [each for each in document.get("held_back") or () if key in each["statements"]]
    said = []
    if bounds:
        first = bounds[0]
        places = counted(len(bounds), "place")
        price = f"${first['price']:.4f} a dollar of room"
        said.append(f"binds in {places}, dearest at {first['where']}, {price}")
    if held:
        said.append(f"bars {counted(len(held), 'trade')} that would pay")
    return f": {'; '.join(said)}" if said else ""
