"""A run whose trades somebody else chose: written as a run writes it, with every hash right.

The trades of the household H1 are given by hand, and everything that follows from trades is worked
out from them. So what is wrong with such a run is what was done to its trades, its rules or its
words, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from compiler.assumptions import assumptions_for
from compiler.cash_calendar import cash_calendar
from compiler.closing import Closing, Purchase, Sale, cents, purchase_of, sale_of
from compiler.exact_check import soft_breaches
from compiler.notes import broken_notes
from compiler.statements import HouseholdPolicy
from policydsl.carried import observed
from policydsl.cash_ahead import never_met
from policydsl.document import (
    assumptions_document,
    calendar_document,
    lot_document,
    measures_document,
    models_document,
    plain,
    proposal_document,
    soft_document,
    statements_document,
)
from policydsl.inputs import Inputs, policy_of, read_inputs
from policydsl.not_kept import softly_broken, unpaid
from policydsl.objective import dollars_of_a_bp, objective_terms
from policydsl.orders import standing_of
from policydsl.oversight import oversight_document
from policydsl.propose import Proposal, Status, empty_closing, not_traded
from policydsl.rebalance import Outcome, outcomes, proposal_of, write_run
from policydsl.record.folder import fresh_folder
from policydsl.record.waiting import Waiting
from policydsl.trade_words import Group, Trade, Words
from portfolio.household import Household
from tests.policydsl.small_books import AS_OF, Tables

Document = dict[str, Any]

HOUSE = """
rule firm.cost "What trading costs"
    use trading cost 10 bps
"""


@dataclass(frozen=True)
class Order:
    """So many shares: of a lot that is sold, or of a security that an account buys."""

    account: str
    security: str
    shares: str
    lot: str = ""


TRADES = (
    Order("H1-TX", "AAA", "40", "H1-TX-1"),
    Order("H1-TX", "BBB", "60", "H1-TX-3"),
    Order("H1-TX", "FFF", "25", "H1-TX-6"),
    Order("H1-TX", "CCC", "100"),
    Order("H1-TX", "EEE", "30"),
    Order("H1-IRA", "CCC", "120"),
)
"""Sold $9,000: a long-term gain of $1,596, a long-term loss of $1,503, a short-term gain of $248.
Bought $8,500 in one account and $3,000 in the other, of which $20,482.50 and $6,997.00 are left."""


def book() -> Tables:
    """H1 has $100,000 in a taxable account, $20,000 in an IRA, $10,000 held away; H2 a little."""
    tables = Tables()
    for name, price, sector, rate in (
        ("AAA", 100, "Tech", "0.01"),
        ("BBB", 50, "Banks", "0.01"),
        ("CCC", 25, "Energy", "0.01"),
        ("DDD", 10, "Shops", "0.01"),
        ("EEE", 200, "Power", "0.04"),
        ("FFF", 80, "Water", "0.01"),
        ("GGG", 20, "Paper", "0.01"),
    ):
        more = {"sector": sector, "industry": sector, "country": sector, "issuer": f"{name} Inc"}
        tables.security(name, price, "0.0001", **more, **{"yield": rate})
    model = {"AAA": "0.2", "BBB": "0.1", "CCC": "0.2", "EEE": "0.2", "FFF": "0.2", "GGG": "0.05"}
    tables.client("H1", model, advisor="ADV1")
    tables.client("H2", model, advisor="ADV1")
    lots = [("AAA", 200, 12000), ("AAA", 100, 9000), ("BBB", 200, 15000), ("CCC", 400, 8000)]
    lots += [("EEE", 50, 10000), ("FFF", 250, 17500)]
    tables.account("H1", cash=20000, lots=lots)
    kinds = {"type": "traditional_ira", "fractional": "true"}
    tables.account("H1", "IRA", cash=10000, lots=[("CCC", 400, 10000)], **kinds)
    tables.account("H1", "AWAY", lots=[("DDD", 1000, 8000)], held_away="true")
    tables.account("H2", cash=20000, lots=[("AAA", 300, 9000)])
    late = {"H1-TX-2": "2025-01-06", "H1-TX-6": "2026-03-02"}
    tables.rows["lots"] = [
        {**lot, "acquired": late.get(str(lot["lot_id"]), lot["acquired"])}
        for lot in tables.rows["lots"]
    ]
    sold = {"action": "sell", "shares": 10, "amount": 200, "realized_gain": -100, "term": "long"}
    tables.add("transactions", date="2026-06-01", account_id="H1-TX", security_id="GGG", **sold)
    tables.rows["tax_entities"] = [
        {**row, "ytd_long": "-100" if row["tax_entity_id"] == "T-H1" else "0"}
        for row in tables.rows["tax_entities"]
    ]
    return tables


def inputs_of(folder: Path, tables: Tables, rules: str) -> Inputs:
    """The book and the policies in a folder: the house's, and rules of H1's."""
    policies = folder / "policies"
    policies.mkdir(parents=True)
    head = 'policy firm.rules "Rules"\nlayer firm\n'
    (policies / "firm.policy").write_text(head + HOUSE + rules, encoding="utf-8")
    return read_inputs(tables.written(folder / "book"), policies)


def forged(
    folder: Path,
    *,
    solved: Document,
    tables: Tables,
    rules: str,
    trades: Sequence[Order],
    others: Sequence[Order] = (),
    change: Callable[[Document], object] = lambda document: None,
) -> Path:
    """A run of H1 and H2 with these trades, and with a change of what is said of those of H1.
    `solved` is what only a solve can say, of an honest run."""
    inputs = inputs_of(folder, tables, rules)
    run = fresh_folder(folder / "run")
    with Waiting() as waiting:
        done = []
        for name, orders in (("H1", trades), ("H2", others)):
            proposal = _proposed(inputs, name, orders)
            document = _document(proposal, solved)
            if name == "H1":
                change(document)
            assert proposal.closing is not None
            done.append(
                Outcome(
                    proposal.status,
                    standing_of(proposal),
                    *observed(proposal.policy, proposal.closing),
                    {},
                    waiting,
                    waiting.put(document),
                )
            )
        write_run(run, inputs, done, {"households": [], "as_of": None}, 0.0)
    return folder / "run"


def honest(folder: Path, tables: Tables, rules: str) -> Path:
    """A run of the same household as it is solved."""
    inputs = inputs_of(folder, tables, rules)
    with Waiting() as waiting:
        done = list(outcomes(inputs, list(inputs.book.household_ids), waiting))
        options = {"households": [], "as_of": None}
        write_run(fresh_folder(folder / "run"), inputs, done, options, 0.0)
    return folder / "run"


def solved_by(folder: Path) -> Document:
    """What an honest solve says of H1 beside its trades."""
    document, _ = proposal_document(proposal_of(inputs_of(folder, book(), ""), "H1"))
    kept = ("risk_model", "model", "work", "tiers", "still_broken_dollars", "gives_way", "faces")
    return {name: document[name] for name in kept}


def _proposed(inputs: Inputs, name: str, orders: Sequence[Order]) -> Proposal:
    household = inputs.book.household(name)
    policy = policy_of(inputs, household)
    closing = _closing(household, policy, orders)
    findings = [
        *not_traded(household, policy),
        *policy.remarks,
        *broken_notes(policy, closing),
        *(f"not kept yet ({each.asked}): {each.message}" for each in unpaid(policy, closing)),
        *never_met(policy, closing.household, cash_calendar(policy, closing)),
        *(softly_broken(scope, breach.message) for scope, breach in soft_breaches(policy, closing)),
    ]
    status = Status.PROPOSED if orders else Status.NO_ACTION
    return Proposal(household, policy, status, tuple(findings), closing)


def _closing(household: Household, policy: HouseholdPolicy, orders: Iterable[Order]) -> Closing:
    sales, purchases = [], []
    for order in orders:
        account = next(a for a in household.accounts if a.id == order.account)
        rate = Decimal(str(assumptions_for(policy, account.id).trading_cost))
        if order.lot:
            lot = next(each for each in account.lots if each.id == order.lot)
            sales.append(sale_of(household, account, lot, Decimal(order.shares), rate))
        else:
            shares = Decimal(order.shares)
            purchases.append(purchase_of(household, account, order.security, shares, rate))
    sales.sort(key=lambda sale: (sale.account_id, sale.security_id, sale.lot.id))
    return empty_closing(household, policy, tuple(sales), tuple(purchases))


def _document(proposal: Proposal, solved: Document) -> Document:
    """Everything that follows from the trades of a proposal, and what was said by a solve."""
    household, policy, closing = proposal.household, proposal.policy, proposal.closing
    assert closing is not None
    terms = objective_terms(policy, closing)
    unit = dollars_of_a_bp(closing.household, policy)
    total = round(sum(round(dollars, 2) for dollars in terms.values()) / unit, 6)
    told = _told(policy, closing)
    return {
        **solved,
        "format": "policydsl-proposal/1",
        "household_id": household.id,
        "name": household.name,
        "as_of": AS_OF,
        "status": proposal.status.value,
        "findings": list(proposal.findings),
        **measures_document(closing),
        **oversight_document(policy, closing),
        "models": models_document(policy, household),
        "statements": statements_document(policy),
        "soft_broken": soft_document(policy, closing),
        "cash_calendar": calendar_document(cash_calendar(policy, closing)),
        "assumptions": assumptions_document(policy, household),
        "objective": {name: round(dollars, 2) for name, dollars in sorted(terms.items())},
        "gap": {"dollars": 0.0, "bp": 0.0, "objective_bp": total, "bound_bp": total},
        "bounds": [],
        "held_back": [],
        "waits": [],
        "trades": [_trade(trade, household) for trade in told],
    }


def _told(policy: HouseholdPolicy, closing: Closing) -> list[Trade]:
    """The orders of a closing in words, each with a ledger of cost against nearness."""
    words, orders = Words(closing, policy), dict[tuple[str, str, str], list[Sale | Purchase]]()
    for row in closing.trades:
        side = "sell" if isinstance(row, Sale) else "buy"
        orders.setdefault((row.account_id, row.security_id, side), []).append(row)
    found = []
    for (account_id, security_id, side), rows in sorted(orders.items()):
        trade = Trade(
            trade_id=f"{account_id}:{security_id}:{side}",
            account_id=account_id,
            security_id=security_id,
            side=side,
            shares=sum((row.shares for row in rows), Decimal(0)),
            price=closing.household.prices[security_id],
            amount=sum((row.amount for row in rows), Decimal(0)),
            cost=sum((row.cost for row in rows), Decimal(0)),
            sales=tuple(row for row in rows if isinstance(row, Sale)),
            ledger=(Group("terms", "risk", -0.001), Group("terms", "cost", 0.001)),
            rules=(),
            sentence="",
        )
        can = account_id in closing.targets
        found.append(words.told(trade) if can else replace(trade, sentence="Because."))
    return found


def _trade(trade: Trade, household: Household) -> Document:
    return {
        "trade_id": trade.trade_id,
        "account_id": trade.account_id,
        "security_id": trade.security_id,
        "ticker": household.securities[trade.security_id].ticker,
        "side": trade.side,
        "shares": plain(trade.shares),
        "price": plain(trade.price),
        "amount": plain(trade.amount),
        "cost": plain(trade.cost),
        "realized_gain": plain(cents(trade.gain)) if trade.sales else None,
        "lots": [lot_document(sale) for sale in trade.sales],
        "rules": list(trade.rules),
        "ledger": [
            {"kind": group.kind, "name": group.name, "value": group.value} for group in trade.ledger
        ],
        "elsewhere": [],
        "sentence": trade.sentence,
    }
