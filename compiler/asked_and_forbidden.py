"""Two rules of which one asks for what the other forbids, whatever a book holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from compiler.amounts import Amount
from compiler.clashes import surely_together
from compiler.directives.band import WeightBand
from compiler.directives.base import Directive
from compiler.directives.harvest import Harvest
from compiler.directives.instalment import Instalment
from compiler.directives.losses import RealizedLosses
from compiler.directives.restriction import Restriction
from compiler.directives.trade_maximum import TradeMaximum
from compiler.directives.trade_minimum import TradeMinimum
from compiler.overlaps import Words, among, opened
from compiler.selections import Selection
from compiler.statements import Statement
from grammar.tree import Mode

OF_SOME_ACCOUNTS = ("program", "account")
"""Layers whose files speak of some accounts of a household and not of others."""
BARS = {"buy": ("buy", "hold", "trade"), "sell": ("sell", "trade")}
ANYTHING = Selection()


def asked_and_forbidden(rules: Sequence[Statement]) -> Iterator[tuple[list[Statement], str]]:
    """(the two rules, what is wrong) for each such pair, in order."""
    bans: dict[str | None, list[tuple[Statement, Words | None]]] = {}
    for each in rules:
        barred = _barred(each.directive)
        if barred is not None:
            bans.setdefault(each.authority.of, []).append((each, opened(barred)))
    every = [each for of_one in bans.values() for each in of_one]
    for asks in rules:
        wanted = _wanted(asks.directive)
        words = None if wanted is None else opened(wanted)
        of = asks.authority.of
        for ban, barring in every if of is None else [*bans.get(None, ()), *bans.get(of, ())]:
            if words is None or barring is None or not among(words, barring):
                continue
            exempt = _met_only(asks.directive, ban.directive)
            if exempt is not None and surely_together(asks, ban) and _everywhere(asks, ban):
                said = f"`{asks.rule_id}` asks for what `{ban.rule_id}` forbids: only {exempt}"
                yield [asks, ban], said


def _wanted(directive: Directive) -> Selection | None:
    """Of what something is asked for."""
    match directive:
        case WeightBand(each=None, relation=None, selection=Selection() as of) as band:
            return of if _above_zero(band.low) else None
        case Instalment(things=things):
            return things
        case RealizedLosses(low=low):
            return ANYTHING if _above_zero(low) else None
        case TradeMinimum(selection=selection):
            return selection or ANYTHING
    return None


def _barred(directive: Directive) -> Selection | None:
    """Of what something is forbidden."""
    match directive:
        case Restriction(mode=Mode.NEVER, things=things) | Harvest(mode=Mode.NEVER, things=things):
            return things
        case TradeMaximum(selection=selection):
            return selection or ANYTHING
    return None


def _met_only(asks: Directive, ban: Directive) -> str | None:
    """What alone could do what is asked of things that are barred; None where it is not that."""
    match asks, ban:
        case WeightBand(), Restriction(action="hold"):
            return "a fund has it"
        case Instalment(action=action), Restriction(action=barred) if barred in BARS[action]:
            return "what was traded before counts"
        case RealizedLosses(), Restriction(action=barred) if barred in BARS["sell"]:
            return "what was sold before counts"
        case RealizedLosses(), Harvest():
            return "what was sold before counts"
        case TradeMinimum(amount=least), TradeMaximum(amount=most):
            ends = least.constant, most.constant
            return "what closes a position is left" if _apart(*ends) else None
    return None


def _everywhere(asks: Statement, ban: Statement) -> bool:
    """Whether what is asked of accounts together is forbidden in each of them; what nobody knows
    may be asked for and allowed at once."""
    if ban.missing is False:
        return False
    match asks.directive:
        case (
            WeightBand(base="account") | Instalment(base="account") | RealizedLosses(per="account")
        ):
            return True
        case TradeMinimum():
            return True
    alike = ban.authority == asks.authority or ban.authority.layer not in OF_SOME_ACCOUNTS
    return alike and set(ban.guards) <= set(asks.guards)


def _apart(low: tuple[str, Decimal] | None, high: tuple[str, Decimal] | None) -> bool:
    """Whether one amount is above another that counts the same."""
    return low is not None and high is not None and low[0] == high[0] and low[1] > high[1]


def _above_zero(amount: Amount | None) -> bool:
    constant = None if amount is None else amount.constant
    return constant is not None and constant[1] > 0
