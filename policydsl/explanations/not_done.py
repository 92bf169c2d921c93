"""What a proposal leaves undone: drift, losses and cash; what held each back, what it is worth, and
when that changes.

All of it is at the point that was solved: what a trade that was not made costs is its ledger there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Sale, cents, sale_of
from compiler.coverage import purchase_bar
from compiler.statements import HouseholdPolicy
from policydsl.document import Document, plain
from policydsl.explanations.alternatives import lot_facts, priced
from policydsl.explanations.changes_ahead import Lifted, changes_ahead
from policydsl.held_back import WANTED, Untraded
from policydsl.propose import Proposal
from policydsl.wash_causes import wash_causes
from portfolio.household import Lot
from portfolio.tax import netting

ZERO = Decimal(0)
MOST = 5
LEAST = Decimal(1)  # dollars: smaller things are not left undone, they are done
TAXED = (("terms", "tax"), ("terms", "later tax"))


@dataclass(frozen=True)
class _Left:
    """A proposal with its document and everything it could have traded."""

    proposal: Proposal
    closing: Closing
    document: Document
    untraded: Sequence[Untraded]
    lifted: Sequence[Lifted]

    def best(self, accounts: Sequence[str], security_id: str, side: str) -> Untraded | None:
        """The cheapest of the trades of a security that were not made, on one side."""
        found = [
            each
            for each in self.untraded
            if each.account_id in accounts and (each.security_id, each.side) == (security_id, side)
        ]
        return min(found, key=lambda each: (each.pull, each.account_id, each.lot_id), default=None)

    def traded(self, accounts: Sequence[str], security_id: str, side: str) -> str | None:
        """The order of a security on one side, where there is one."""
        names = (f"{account}:{security_id}:{side}" for account in accounts)
        ids = {trade["trade_id"] for trade in self.document["trades"]}
        return next((name for name in names if name in ids), None)


def not_done(
    proposal: Proposal, document: Document, untraded: Sequence[Untraded], lifted: Sequence[Lifted]
) -> Document:
    """Drift, losses and cash that are left, the largest first."""
    assert proposal.closing is not None
    left = _Left(proposal, proposal.closing, document, untraded, lifted)
    return {"drift": _drift(left), "losses": _losses(left), "cash": list(_cash(left))}


# --- drift ---------------------------------------------------------------------------------------


def active(closing: Closing) -> list[Document]:
    """Dollars held and dollars meant of each security after the trades, by portfolio, the furthest
    apart first."""
    found = []
    for portfolio in closing.portfolios:
        members = [a for a in closing.household.accounts if a.id in portfolio.members]
        value = sum((closing.value(a) for a in members), ZERO)
        held: dict[str, Decimal] = {}
        for (owner, name), shares in closing.shares_after.items():
            if owner in portfolio.members:
                held[name] = held.get(name, ZERO) + shares * closing.household.prices[name]
        for name in held.keys() | portfolio.target.keys():
            worth, meant = held.get(name, ZERO), portfolio.target.get(name, ZERO) * value
            if abs(worth - meant) >= LEAST:
                found.append(
                    {
                        "portfolio_id": portfolio.id,
                        "security_id": name,
                        "ticker": closing.household.securities[name].ticker,
                        "held": plain(cents(worth)),
                        "target": plain(cents(meant)),
                        "apart": plain(cents(worth) - cents(meant)),
                    }
                )
    found.sort(key=lambda d: (-abs(Decimal(d["apart"])), d["portfolio_id"], d["security_id"]))
    return found[:MOST]


def _drift(left: _Left) -> list[Document]:
    told = []
    traded = {p.id: [a.id for a in p.traded] for p in left.closing.portfolios}
    for item in active(left.closing):
        accounts, name = traded[item["portfolio_id"]], item["security_id"]
        side = "sell" if Decimal(item["apart"]) > 0 else "buy"
        order = left.traded(accounts, name, side)
        best = left.best(accounts, name, side)
        told.append(
            {
                **item,
                "side": side,
                "trade_id": order,
                "against": left.traded(accounts, name, "buy" if side == "sell" else "sell"),
                "instead": None if best is None or order else _choice(best),
                "closed_by": _closed_by(left, accounts, name) if side == "buy" else [],
                "changes": _changes(left, best, accounts, name, side),
            }
        )
    return told


def _closed_by(left: _Left, accounts: Sequence[str], name: str) -> list[str]:
    """Statements that keep all these accounts from buying a security."""
    household = left.closing.household
    bars = [
        purchase_bar(
            household,
            left.closing.account(account),
            left.proposal.policy,
            household.securities[name],
        )
        for account in accounts
    ]
    keys = [scope.statement.key for scope in bars if scope is not None]
    return list(dict.fromkeys(keys)) if len(keys) == len(bars) else []


def _changes(
    left: _Left, best: Untraded | None, accounts: Sequence[str], name: str, side: str
) -> list[Document]:
    owner = best.account_id if best is not None else accounts[0]
    account = left.closing.account(owner)
    lots = [lot for lot in account.lots if lot.security_id == name]
    barred = [] if best is None else [b.name for b in best.barriers if b.kind == "statements"]
    return changes_ahead(
        left.proposal.policy, left.closing, left.lifted, owner, name, side, lots, barred
    )


def _choice(each: Untraded) -> Document:
    """A trade that was not made: where, which lot, what it would cost."""
    return {"account_id": each.account_id, "lot_id": each.lot_id or None, **priced(each)}


# --- losses --------------------------------------------------------------------------------------


def _losses(left: _Left) -> list[Document]:
    """Lots still held at a loss in taxable accounts, by the tax that the loss would save today."""
    by_lot = {each.lot_id: each for each in left.untraded if each.lot_id}
    found = []
    for lot, sale in losses(left.closing, left.proposal.policy):
        worth = tax_saved(left.closing, sale)
        each = by_lot.get(lot.id)
        if worth >= LEAST:
            found.append((worth, lot, sale, each))
    found.sort(key=lambda row: (-row[0], row[1].id))
    return [_loss(left, *row) for row in found[:MOST]]


def losses(closing: Closing, policy: HouseholdPolicy) -> Iterator[tuple[Lot, Sale]]:
    """What is left of lots at a loss in taxable accounts, as if it were sold today."""
    sold = closing.lot_shares_sold
    for account in closing.household.accounts:
        if not account.taxable or account.held_away:
            continue
        cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
        for lot in account.lots:
            shares = lot.shares - sold.get(lot.id, ZERO)
            if shares > 0 and lot.basis > lot.shares * closing.household.prices[lot.security_id]:
                sale = sale_of(closing.household, account, lot, shares, cost)
                if sale.gain < 0:
                    yield lot, sale


def tax_saved(closing: Closing, sale: Sale) -> Decimal:
    """Dollars by which one more sale would lower this year's tax and what losses carried on cost,
    by the netting of the law, were none of it washed."""
    account = closing.account(sale.account_id)
    entity = closing.household.tax_entities[account.tax_entity_id]
    short, long = closing.realized(entity.id, after=True)
    term = (ZERO, sale.gain) if sale.long_term else (sale.gain, ZERO)
    after = netting(entity, short + term[0], long + term[1]).cost
    return cents(netting(entity, short, long).cost - after)


def _loss(left: _Left, worth: Decimal, lot: Lot, sale: Sale, each: Untraded | None) -> Document:
    because = wash_causes(left.proposal, sale.account_id, lot.security_id, [lot.id])
    barred = [] if each is None else [b.name for b in each.barriers if b.kind == "statements"]
    return {
        "account_id": sale.account_id,
        "security_id": lot.security_id,
        "ticker": left.closing.household.securities[lot.security_id].ticker,
        "lot_id": lot.id,
        "shares": plain(sale.shares),
        "loss": plain(-sale.gain),
        "worth": plain(worth),
        **{key: value for key, value in lot_facts(left.closing, lot).items() if key == "term"},
        "instead": None if each is None else _choice(each),
        "flips_at": _flips_at(left, lot, each),
        "because": list(because),
        "changes": changes_ahead(
            left.proposal.policy,
            left.closing,
            left.lifted,
            sale.account_id,
            lot.security_id,
            "sell",
            [lot],
            barred,
        ),
    }


def _flips_at(left: _Left, lot: Lot, each: Untraded | None) -> str | None:
    """The price below which the first dollar of the loss would pay, all else as it is: the tax that
    it saves grows with the loss in a dollar sold, costs included, and nothing else of its ledger
    moves."""
    if each is None or each.barriers or each.pull <= -WANTED:
        return None
    price = float(left.closing.household.prices[lot.security_id])
    basis = float(lot.basis / lot.shares)
    kept = 1 - assumptions_for(left.proposal.policy, lot.account_id).trading_cost
    taxed = sum(each.groups.get(key, 0.0) for key in TAXED)
    loss = basis / price - kept  # dollars a dollar sold
    if taxed >= 0 or loss <= 0:
        return None
    rate, rest = -taxed / loss, each.pull - taxed
    return f"{basis / (kept + rest / rate):.4f}"


# --- cash ----------------------------------------------------------------------------------------


def _cash(left: _Left) -> Iterator[Document]:
    """The cash of each account that is traded, the rules about it, and the best use it has not
    got."""
    for facts in cash_facts(left.closing, left.proposal.policy, left.document):
        buys = [
            each
            for each in left.untraded
            if each.account_id == facts["account_id"] and each.side == "buy" and not each.barriers
        ]
        best = min(buys, key=lambda each: (each.pull, each.security_id), default=None)
        yield facts | {
            "next_buy": None if best is None else best.security_id,
            "instead": None if best is None else _choice(best),
        }


def cash_facts(closing: Closing, policy: HouseholdPolicy, document: Document) -> Iterator[Document]:
    """The cash of each account that is traded, and the rules about it, as far as no solve has to
    tell."""
    priced_rules = {bound["statement"] for bound in document["bounds"]}
    for portfolio in closing.portfolios:
        for account in portfolio.traded:
            about = [scope.statement.key for scope in policy.of_kind("cash", account.id)]
            aside = closing.reserved.get(account.id, ZERO)
            value = closing.value(account)
            cash = cents(closing.cash(account, after=True))
            yield {
                "account_id": account.id,
                "cash": plain(cash),
                "weight": round(float(cash / value), 8) if value > 0 else None,
                "rules": about,
                "binding": [key for key in about if key in priced_rules],
                "set_aside": plain(cents(aside)),
                "set_aside_by": sorted(
                    {
                        each.source
                        for each in closing.household.set_aside
                        if each.account_id == account.id and each.source in document["statements"]
                    }
                ),
            }
