"""What a household's answer comes to, as recorded or as solved again, and how two answers differ.

A side is read off a proposal's document; differences are the second side less the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from compiler.closing import Closing, Sale, cents
from policydsl.document import Document, plain, soft_document, solved_document
from policydsl.propose import Proposal

ZERO = Decimal(0)
Side = dict[str, Any]
BROKEN = ("still_broken", "soft_broken")
RATES = ("tracking_error", "model_tracking_error", "drift")
PLACES = 8
ROUNDING = Decimal(1)  # dollars
ALIKE = Decimal("0.01")


def side(document: Mapping[str, Any]) -> Side:
    """Orders, tax of each taxpayer, cash of each account, measures and objective after the trades
    of a proposal's document; what was not solved has a status and findings alone."""
    found: Side = {"status": document["status"]}
    if "trades" not in document:
        return found | {"findings": list(document["findings"])}
    objective = sum((Decimal(str(term)) for term in document["objective"].values()), ZERO)
    return found | {
        "trades": {
            trade["trade_id"]: {"shares": trade["shares"], "amount": trade["amount"]}
            for trade in document["trades"]
        },
        "tax": {
            name: {"tax": year["tax_after"], "cost": year["cost_after"]}
            for name, year in document["tax"].items()
        },
        "cash": {each["account_id"]: each["after"]["cash"] for each in document["accounts"]},
        **{name: document[name]["after"] for name in RATES},
        "objective": plain(cents(objective)),
        "gap": plain(cents(Decimal(str(document["gap"]["dollars"])))),
        "still_broken": plain(cents(Decimal(str(document["still_broken_dollars"])))),
        "soft_broken": plain(_far_out(document["soft_broken"])),
    }


def _far_out(broken: Iterable[Mapping[str, str]]) -> Decimal:
    """Dollars by which soft rules are broken, all together."""
    return sum((abs(Decimal(each["found"]) - Decimal(each["bound"])) for each in broken), ZERO)


def kept_alike(before: Side, after: Side) -> bool:
    """Whether both answers leave as much broken, but for rounding to shares: what has to be cured
    and soft rules come before the objective, so that only then dollars of it compare."""
    if "trades" not in before or "trades" not in after:
        return True
    pairs = [(Decimal(before[name]), Decimal(after[name])) for name in BROKEN]
    return all(abs(a - b) <= max(ROUNDING, ALIKE * max(a, b)) for a, b in pairs)


def solved_side(proposal: Proposal) -> tuple[Side, Document]:
    """The side of a proposal that no document was written of, and what of the document it needs."""
    document: Document = {
        "status": proposal.status.value,
        "findings": list(proposal.findings),
    }
    if proposal.closing is not None and proposal.solution is not None:
        document |= solved_document(proposal, proposal.closing, proposal.solution)
        document["trades"] = orders(proposal.closing)
        document["soft_broken"] = soft_document(proposal.policy, proposal.closing)
    return side(document), document


def orders(closing: Closing) -> list[Document]:
    """Shares and dollars of each order, by id."""
    found: dict[str, list[Decimal]] = {}
    for row in closing.trades:
        verb = "sell" if isinstance(row, Sale) else "buy"
        sums = found.setdefault(f"{row.account_id}:{row.security_id}:{verb}", [ZERO, ZERO])
        sums[0] += row.shares
        sums[1] += row.amount
    return [
        {"trade_id": name, "shares": plain(shares), "amount": plain(amount)}
        for name, (shares, amount) in sorted(found.items())
    ]


def differences(before: Side, after: Side) -> Document:
    """The second side less the first: orders that are not the same, and everything that both have;
    nothing where one of them was not solved."""
    if "trades" not in before or "trades" not in after:
        return {}
    return {
        "trades": _changed(before["trades"], after["trades"], ("shares", "amount")),
        "tax": _changed(before["tax"], after["tax"], ("tax", "cost")),
        "cash": {
            name: _less(before["cash"][name], after["cash"][name])
            for name in sorted(before["cash"].keys() & after["cash"].keys())
            if Decimal(before["cash"][name]) != Decimal(after["cash"][name])
        },
        **{name: round(after[name] - before[name], PLACES) for name in RATES},
        "objective": _less(before["objective"], after["objective"]),
        **{name: _less(before[name], after[name]) for name in BROKEN},
        "tax_total": _total(before, after, "tax"),
        "tax_cost_total": _total(before, after, "cost"),
    }


def _changed(
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
    names: tuple[str, str],
) -> dict[str, dict[str, str]]:
    none = dict.fromkeys(names, "0")
    return {
        key: {name: _less(one[name], two[name]) for name in names}
        for key in sorted(before.keys() | after.keys())
        for one, two in [(before.get(key, none), after.get(key, none))]
        if any(Decimal(one[name]) != Decimal(two[name]) for name in names)
    }


def _total(before: Side, after: Side, name: str) -> str:
    sums = [sum((Decimal(year[name]) for year in s["tax"].values()), ZERO) for s in (before, after)]
    return plain(sums[1] - sums[0])


def _less(before: str, after: str) -> str:
    return plain(Decimal(after) - Decimal(before))
