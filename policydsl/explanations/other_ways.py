"""Alternatives in words: each with what it would have cost, and chiefly why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.report import placed
from policydsl.tables import dollars, table
from policydsl.trade_words import TERMS, a_dollar, bound_words

Document = Mapping[str, Any]
CLOSER = "the account closer to its"


def other_ways(explanation: Document, trade: Document, document: Document) -> str:
    """One sentence: the next lot, the next security, waiting; empty where there was nothing."""
    answer, said = explanation["answer"], []
    for lot in answer["lots"][:1]:
        said.append(f"lot {lot['lot_id']} {_cost(lot, trade, document)}")
    for other in answer["securities"][:1]:
        said.append(f"{other['ticker']} {_cost(other, trade, document)}")
    said += [_waiting(each) for each in answer["waiting"] if Decimal(each["saves"])][:1]
    return f"Instead: {'; '.join(said)}." if said else ""


def _cost(other: Document, trade: Document, document: Document) -> str:
    """What an alternative would have cost, or what barred it."""
    cents = a_dollar(other["more"])
    bars = _bars(other, document)
    if bars and other["more"] < 0:
        return f"would have been worth {cents}, and is barred by {' and '.join(bars)}"
    if bars:
        return f"is barred by {' and '.join(bars)}"
    if other["more"] < 0:
        return f"would have been worth {cents}, and no order of it pays"
    return f"would have cost {cents} more{_dearest(other, trade, document)}"


def _bars(other: Document, document: Document) -> list[str]:
    rules = [placed(document, key) for key in other["barred_by"]]
    return rules + [bound_words(name, 1) for name in other["bounds"]]


def _dearest(other: Document, trade: Document, document: Document) -> str:
    """The group that makes the alternative dearer than the trade by most."""
    here = {(group["kind"], group["name"]): group["value"] for group in trade["ledger"]}
    apart = {
        (group["kind"], group["name"]): group["value"]
        - here.get((group["kind"], group["name"]), 0.0)
        for group in other["ledger"]
    }
    if not apart:
        return ""
    (kind, name), value = max(apart.items(), key=lambda item: item[1])
    return f" ({_named(kind, name, document)})" if value > 0 else ""


def _named(kind: str, name: str, document: Document) -> str:
    if kind == "terms":
        return TERMS[name][1].format(CLOSER)
    return placed(document, name) if kind == "statements" else bound_words(name, 1)


def _waiting(each: Document) -> str:
    saves = Decimal(each["saves"])
    verb = "saved" if saves > 0 else "cost"
    lot = f"waiting with lot {each['lot_id']} until it is long-term on {each['long_term_from']}"
    return f"{lot} would have {verb} ${abs(saves):,.2f} of tax"


def other_ways_table(explanation: Document, trade: Document, document: Document) -> str:
    """A line an alternative; empty where there was none."""
    answer = explanation["answer"]
    rows: list[Sequence[str]] = [
        (
            f"lot {each['lot_id']}, {each['term']}-term",
            dollars(each["amount"]),
            *_ends(each, trade, document),
        )
        for each in answer["lots"]
    ]
    rows += [
        (
            f"{trade['side']} {each['ticker']}",
            dollars(each["dollars"]),
            *_ends(each, trade, document),
        )
        for each in answer["securities"]
    ]
    rows += [
        (
            f"lot {each['lot_id']} from {each['long_term_from']}",
            dollars(each["amount"]),
            "",
            f"{'saves' if Decimal(each['saves']) >= 0 else 'costs'} "
            f"${abs(Decimal(each['saves'])):,.2f} of tax",
        )
        for each in answer["waiting"]
    ]
    return table(("instead", "", "cents a dollar", "why"), rows, "lrrl") if rows else ""


def _ends(each: Document, trade: Document, document: Document) -> tuple[str, str]:
    bars = _bars(each, document)
    why = f"barred by {', '.join(bars)}" if bars else _dearest(each, trade, document).strip(" ()")
    return f"{each['more'] * 100:+.4f}", why
