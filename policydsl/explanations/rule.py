"""What a run recorded of one rule: the trades it is a cause of, where it binds, what it bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.output import counted
from policydsl.report import (
    gives_way_lines,
    held_back,
    oversight_lines,
    placed,
    trade_lines,
)

Document = Mapping[str, Any]
NAMED = ("bounds", "approvals", "reports", "gives_way", "preferences")


def in_force(documents: Sequence[Document], rule_id: str) -> bool:
    """Whether the rule was in force for any household."""
    return any(
        statement["rule_id"] == rule_id
        for document in documents
        for statement in (document.get("statements") or {}).values()
    )


def part_in(document: Document, rule_id: str) -> dict[str, Any]:
    """Everything in a proposal that the rule has a part in."""
    return {
        "household_id": document["household_id"],
        "trades": [t for t in document.get("trades", ()) if rule_id in t["rules"]],
        "held_back": [
            held
            for held in document.get("held_back", ())
            if any(document["statements"][k]["rule_id"] == rule_id for k in held["statements"])
        ],
        **{
            name: [each for each in document.get(name, ()) if each["rule_id"] == rule_id]
            for name in NAMED
        },
        "clashes": [each for each in clashes(document) if rule_id in each["rules"]],
    }


def clashes(document: Document) -> list[Document]:
    """The sets of rules that cannot be kept together in a proposal."""
    return list((document.get("conflicts") or {}).get("sets", ()))


def rule_text(
    documents: Sequence[Document],
    found: Sequence[Document],
    rule_id: str,
    most: int | None = None,
) -> Iterator[str]:
    """For people: household by household, with at most so many trades of each, the largest."""
    for document, entry in zip(documents, found, strict=True):
        if has_part(entry):
            yield from _household(document, entry, rule_id, most)
    if not any(has_part(entry) for entry in found):
        yield f"{rule_id} is in force and had no part in any trade"


def _household(
    document: Document, entry: Document, rule_id: str, most: int | None
) -> Iterator[str]:
    yield f"{entry['household_id']}: a cause of {counted(len(entry['trades']), 'trade')}"
    for key, statement in document["statements"].items():
        if statement["rule_id"] == rule_id:
            yield f"  {statement['says']} [{placed(document, key)}]"
    if entry["held_back"]:
        yield held_back({**document, "held_back": entry["held_back"]})
    for bound in entry["bounds"]:
        yield f"  binds at {bound['where']}: {bound['price']:.4f} $ per $ of room"
    for line in oversight_lines(document, rule_id) + gives_way_lines(document, rule_id):
        yield f"  {line}"
    for clash in entry["clashes"]:
        others = [name for name in clash["rules"] if name != rule_id]
        with_ = f" together with {', '.join(others)}" if others else ""
        yield f"  cannot be kept today{with_}"
    trades = entry["trades"]
    if most is not None and len(trades) > most:
        trades = sorted(trades, key=lambda t: -Decimal(t["amount"]))[:most]
        yield "  the largest of them:" if most == 1 else f"  the {most} largest of them:"
    for trade in trades:
        yield "\n".join(trade_lines(trade))


def has_part(entry: Document) -> bool:
    """Whether the rule has a part in anything of a household."""
    named = any(
        entry[name] for name in ("trades", "held_back", "clashes", *NAMED) if name != "reports"
    )
    return named or any(report["trades"] or report["holdings"] for report in entry["reports"])
