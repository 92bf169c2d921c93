"""What could have been done instead of a trade, and what it would have cost.

At the solved point the ledger prices every trade that was not made. For the trade that was made
another dollar costs nothing there, so what a dollar of an alternative costs is what it would have
cost to put it in the trade's place: other lots of the same security, and other securities that
serve the same end. Of waiting, the tax that it saves or costs is by the netting of the law.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler.closing import Closing, Sale, cents
from policydsl.document import Document, plain
from policydsl.held_back import Untraded
from policydsl.location import LEDGER_PLACES
from policydsl.long_term import turning_long
from policydsl.propose import Proposal
from policydsl.reasons import RECORDED
from policydsl.trade_words import MAIN, MATERIAL
from portfolio.holding import is_long_term
from portfolio.household import Lot

MOST = 3
"""Securities that are named; of lots all."""


def alternatives(proposal: Proposal, left: Sequence[Untraded], trade: Document) -> Document:
    """Other lots, other securities and waiting, for a trade of a proposal; `left` is everything
    that was not traded."""
    closing = proposal.closing
    assert closing is not None
    here = [
        each
        for each in left
        if each.account_id == trade["account_id"] and each.side == trade["side"]
    ]
    same = [each for each in here if each.security_id == trade["security_id"]]
    lots = sorted(same, key=lambda each: (each.pull, each.lot_id)) if trade["lots"] else []
    return {
        "lots": [_lot(closing, each) for each in lots],
        "securities": [_security(closing, each) for each in _others(here, trade)],
        "waiting": waiting(closing, trade),
    }


def _others(here: Iterable[Untraded], trade: Document) -> list[Untraded]:
    """The cheapest other securities that serve the end of the trade, of each its cheapest lot."""
    ends = asking(trade)
    best: dict[str, Untraded] = {}
    for each in here:
        barred = {(barrier.kind, barrier.name) for barrier in each.barriers}
        serves = any(each.groups.get(key, 0.0) < -MATERIAL and key not in barred for key in ends)
        if each.security_id != trade["security_id"] and serves and each.room > 0:
            known = best.setdefault(each.security_id, each)
            best[each.security_id] = min(known, each, key=_price)
    return sorted(best.values(), key=_price)[:MOST]


def _price(each: Untraded) -> tuple[bool, float, str, str]:
    """What may be traded before what is barred, then the cheapest."""
    return bool(each.barriers), each.pull, each.security_id, each.lot_id


def asking(trade: Document) -> set[tuple[str, str]]:
    """What a trade is for: the statements and bounds that chiefly ask for it; if none does, the
    terms of the objective."""
    wanted = [group for group in trade["ledger"] if group["value"] < -MATERIAL]
    total = sum(group["value"] for group in wanted)
    main = {(g["kind"], g["name"]) for g in wanted if g["value"] <= MAIN * total}
    demands = {key for key in main if key[0] != "terms"}
    return demands or main


def _lot(closing: Closing, each: Untraded) -> Document:
    account = closing.account(each.account_id)
    lot = next(lot for lot in account.lots if lot.id == each.lot_id)
    return {"lot_id": each.lot_id, **lot_facts(closing, lot), **priced(each)}


def lot_facts(closing: Closing, lot: Lot) -> Document:
    """What the whole of a lot is worth, and what selling it today would gain, without costs."""
    value = cents(lot.shares * closing.household.prices[lot.security_id])
    return {
        "amount": plain(value),
        "gain": plain(cents(value - lot.basis)),
        "term": "long" if is_long_term(lot, closing.household.as_of) else "short",
    }


def _security(closing: Closing, each: Untraded) -> Document:
    return {
        "security_id": each.security_id,
        "ticker": closing.household.securities[each.security_id].ticker,
        "lot_id": each.lot_id or None,
        "dollars": round(each.room, 2),
        **priced(each),
    }


def priced(each: Untraded) -> Document:
    """What a trade that was not made would have cost, with its ledger and what bars it."""
    return {
        "more": round(each.pull, LEDGER_PLACES),
        "barred_by": [b.name for b in each.barriers if b.kind == "statements"],
        "bounds": [b.name for b in each.barriers if b.kind == "bounds"],
        "ledger": [
            {"kind": kind, "name": name, "value": round(value, LEDGER_PLACES)}
            for (kind, name), value in sorted(each.groups.items(), key=lambda item: item[1])
            if abs(value) > RECORDED
        ],
    }


def waiting(closing: Closing, trade: Document) -> list[Document]:
    """Lots sold that turn long-term later, and what waiting for it would have done to tax."""
    found = []
    for turns in turning_long(closing, _sales(closing, trade)):
        found.append(
            {
                "lot_id": turns.lot_id,
                "long_term_from": turns.day.isoformat(),
                "amount": plain(turns.amount),
                "gain": plain(turns.gain),
                "saves": plain(cents(turns.saves)),
            }
        )
    return found


def _sales(closing: Closing, trade: Document) -> list[Sale]:
    place = trade["account_id"], trade["security_id"]
    return [sale for sale in closing.sales if (sale.account_id, sale.security_id) == place]
