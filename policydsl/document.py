"""A proposal as a document: `proposals/HOUSEHOLD.json`. The same inputs give the same bytes.

Money is text in cents, shares are text; fractions, rates and ledger entries are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from compiler.assumptions import assumptions_for
from compiler.cash_calendar import Entry
from compiler.closing import Closing, Sale, cents
from compiler.exact_check import soft_breaches
from compiler.model_fees import model_fees
from compiler.statements import HouseholdPolicy
from policydsl.compared import crossing_document
from policydsl.held_back import held_back
from policydsl.location import LEDGER_PLACES
from policydsl.long_term import waits_for_long_term
from policydsl.measures import (
    RiskMeasure,
    account_measures,
    household_measures,
)
from policydsl.oversight import oversight_document
from policydsl.propose import Proposal
from policydsl.reasons import RECORDED, bindings, explained_trades
from policydsl.record.model_document import model_document
from policydsl.tax_document import tax_years
from policydsl.trade_words import Trade
from portfolio.household import Household
from solver.solve import Solution
from solver.sums import dot

PROPOSAL_FORMAT = "policydsl-proposal/1"
Document = dict[str, Any]


def proposal_document(proposal: Proposal) -> tuple[Document, tuple[Trade, ...]]:
    """The document of a proposal, and its trades."""
    household = proposal.household
    document: Document = {
        "format": PROPOSAL_FORMAT,
        "household_id": household.id,
        "name": household.name,
        "as_of": household.as_of.isoformat(),
        "status": proposal.status.value,
        "findings": list(proposal.findings),
    }
    trades = explained_trades(proposal)
    if proposal.closing is not None and proposal.solution is not None:
        document |= solved_document(proposal, proposal.closing, proposal.solution)
        document["models"] = models_document(proposal.policy, household)
        document["statements"] = statements_document(proposal.policy)
        document["soft_broken"] = soft_document(proposal.policy, proposal.closing)
        document["tiers"] = _tiers(proposal, proposal.solution)
        document["bounds"] = [
            {"rule_id": b.rule_id, "statement": b.key, "where": b.where, "price": round(b.price, 9)}
            for b in bindings(proposal)
        ]
        document["held_back"] = [
            {
                "account_id": held.account_id,
                "security_id": held.security_id,
                "side": held.side,
                "dollars": round(held.dollars, 2),
                "price": round(held.price, 9),
                "statements": list(held.statements),
                "because": list(held.because),
            }
            for held in held_back(proposal)
        ]
        document["waits"] = [
            {
                "account_id": each.account_id,
                "security_id": each.security_id,
                "lot_id": each.turns.lot_id,
                "long_term_from": each.turns.day.isoformat(),
                "amount": plain(each.turns.amount),
                "gain": plain(each.turns.gain),
                "saves": plain(cents(each.turns.saves)),
                "costs": round(each.costs, 9),
                "brings": round(each.brings, 9),
            }
            for each in waits_for_long_term(proposal)
        ]
        document["trades"] = [trade_document(trade, proposal) for trade in trades]
        document["cash_calendar"] = calendar_document(proposal.cash_calendar)
        document |= oversight_document(proposal.policy, proposal.closing)
        document |= crossing_document(proposal)
    elif proposal.conflict or proposal.gives_way:
        document["statements"] = statements_document(proposal.policy)
        document |= crossing_document(proposal)
    if proposal.conflict:
        document["conflict"] = [
            {"statement": key, "stretch_dollars": round(bp * _unit(proposal), 2)}
            for key, bp in proposal.conflict
        ]
    return document, trades


def models_document(policy: HouseholdPolicy, household: Household) -> list[Document]:
    """What the models of accounts that may trade cost, as far as the book says."""
    return [
        fee.to_json()
        for account in household.accounts
        if not account.held_away and not account.frozen and account.id not in policy.held
        for fee in model_fees(household, account, policy)
    ]


def _unit(proposal: Proposal) -> float:
    """Dollars of one bp of household value."""
    assert proposal.compiled is not None
    return proposal.compiled.physics.unit


def solved_document(proposal: Proposal, closing: Closing, solution: Solution) -> Document:
    """What the answer comes to: measures, objective, gap, assumptions, work."""
    unit = _unit(proposal)
    return {
        **measures_document(closing),
        "objective": _objective(proposal, solution),
        "gap": {
            "dollars": round(solution.gap * unit, 2),
            "bp": round(solution.gap, 6),
            "objective_bp": round(solution.objective, 6),
            "bound_bp": round(solution.bound, 6),
        },
        "still_broken_dollars": round(solution.still_broken * unit, 2),
        "risk_model": proposal.household.risk.source,
        "assumptions": assumptions_document(proposal.policy, proposal.household),
        "model": model_document(solution.program),
        "work": {
            "quadratic_programs": solution.work.quadratic,
            "linear_programs": solution.work.linear,
            "nodes": solution.work.nodes,
            "iterations": solution.work.iterations,
        },
    }


def assumptions_document(policy: HouseholdPolicy, household: Household) -> Document:
    """The numbers behind the objective, by account."""
    assumed = {account.id: assumptions_for(policy, account.id) for account in household.accounts}
    return {
        account_id: {name: getattr(each, name) for name in sorted(each.__dataclass_fields__)}
        for account_id, each in sorted(assumed.items())
    }


def soft_document(policy: HouseholdPolicy, closing: Closing) -> list[Document]:
    """Soft statements that the trades leave broken, by priority, and by how much."""
    return [
        {
            "rule_id": scope.statement.rule_id,
            "statement": scope.statement.key,
            "priority": scope.statement.soft,
            "where": breach.where,
            "found": plain(cents(breach.found)),
            "bound": plain(cents(breach.bound)),
        }
        for scope, breach in soft_breaches(policy, closing)
    ]


def calendar_document(entries: Sequence[Entry]) -> list[Document]:
    """The cash of accounts as the year goes on, entry by entry."""
    return [
        {
            "account_id": entry.account_id,
            "date": entry.day.isoformat(),
            "moves_on": entry.session.isoformat(),
            "kind": entry.kind,
            "amount": plain(cents(entry.amount)),
            "statement": entry.source or None,
            "cash_before": plain(cents(entry.before)),
            "raise_by": None if entry.raise_by is None else entry.raise_by.isoformat(),
            "to_raise": plain(cents(entry.to_raise)),
            "missing": plain(cents(entry.missing)),
            "in_the_way": [
                {"statement": key or None, "dollars": plain(dollars)}
                for key, dollars in entry.in_the_way
            ],
        }
        for entry in entries
    ]


def _tiers(proposal: Proposal, solution: Solution) -> list[Document]:
    """What the optimiser had to break by priority, in dollars, before rounding."""
    unit = _unit(proposal)
    return [
        {
            "priority": tier.priority,
            "broken_dollars": round(tier.broken * unit, 2),
            "gap_dollars": round(tier.gap * unit, 2),
        }
        for tier in solution.tiers
    ]


def measures_document(closing: Closing) -> Document:
    """What follows from the trades alone: accounts, risk and tax, before and after."""
    risk = RiskMeasure(closing.household)
    before, after = (household_measures(closing, risk, after=late) for late in (False, True))
    published = [
        household_measures(closing, risk, after=late, of="model")[0] for late in (False, True)
    ]
    return {
        "accounts": [account_measures(closing, a, risk) for a in closing.household.accounts],
        "portfolios": [
            {
                "portfolio_id": p.id,
                "accounts": sorted(p.members),
                "traded": [a.id for a in p.traded],
            }
            for p in closing.portfolios
        ],
        "tracking_error": {"before": before[0], "after": after[0]},
        "model_tracking_error": {"before": published[0], "after": published[1]},
        "drift": {"before": before[1], "after": after[1]},
        "tax": tax_years(closing),
    }


def _objective(proposal: Proposal, solution: Solution) -> dict[str, float]:
    """Terms of the objective at the rounded trades, in dollars of present value."""
    unit, x, program = _unit(proposal), solution.x, solution.program
    terms = {
        name: round(solution.terms[name].value(x) * unit, 2) for name in sorted(solution.terms)
    }
    terms["risk"] = round(dot(program.counted, x * x) * unit, 2)
    return terms


def statements_document(policy: HouseholdPolicy) -> dict[str, Document]:
    """Every statement in force, so that the document can be read without the policies."""
    return {
        scope.statement.key: {
            "rule_id": scope.statement.rule_id,
            "kind": scope.directive.kind,
            "title": scope.statement.title,
            "says": scope.directive.sentence(),
            "layer": str(scope.statement.authority),
            "owner": scope.statement.owner,
            "because": scope.statement.reason,
            "file": scope.statement.path,
            "line": scope.statement.line,
            "accounts": list(scope.accounts),
            "soft": scope.statement.soft,
        }
        for scope in policy.statements
    }


def trade_document(trade: Trade, proposal: Proposal) -> Document:
    """One trade with its lots, its ledger and its sentence."""
    return {
        "trade_id": trade.trade_id,
        "account_id": trade.account_id,
        "security_id": trade.security_id,
        "ticker": proposal.household.securities[trade.security_id].ticker,
        "side": trade.side,
        "shares": plain(trade.shares),
        "price": plain(trade.price),
        "amount": plain(trade.amount),
        "cost": plain(trade.cost),
        "realized_gain": plain(cents(trade.gain)) if trade.sales else None,
        "lots": [lot_document(sale) for sale in trade.sales],
        "rules": list(trade.rules),
        "ledger": [
            {"kind": group.kind, "name": group.name, "value": round(group.value, LEDGER_PLACES)}
            for group in trade.ledger
        ],
        "elsewhere": [
            {
                "account_id": other.account_id,
                "more": round(other.more, LEDGER_PLACES),
                "barred_by": [b.name for b in other.barriers if b.kind == "statements"],
                "bounds": [b.name for b in other.barriers if b.kind == "bounds"],
                "ledger": [
                    {"kind": kind, "name": name, "value": round(value, LEDGER_PLACES)}
                    for (kind, name), value in other.groups
                    if abs(value) > RECORDED
                ],
            }
            for other in trade.elsewhere
        ],
        "sentence": trade.sentence,
    }


def lot_document(sale: Sale) -> Document:
    """Shares sold of one lot."""
    return {
        "lot_id": sale.lot.id,
        "shares": plain(sale.shares),
        "amount": plain(sale.amount),
        "cost": plain(sale.cost),
        "term": "long" if sale.long_term else "short",
        "realized_gain": plain(sale.gain),
    }


def plain(number: Decimal) -> str:
    """A decimal without an exponent."""
    return f"{number:f}"
