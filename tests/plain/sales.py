"""What rules ask of what is bought and sold, of gains and of tax, for the second exact check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from portfolio.household import Household, Lot
from tests.plain.finished import BROKEN, KEPT, SETTLED, TODAY, ZERO, Finished, Found, no_further_out
from tests.plain.rules import Rule, written
from tests.plain.washed import disallowed

HALF_A_CENT = Fraction(1, 200)


def never(action: str, things: str, meant: Callable[[Household, str], bool]) -> Rule:
    """`never hold` forbids purchases; what is there leaves as far as other rules let it."""

    def asks(state: Finished) -> Found:
        if action in ("buy", "hold", "trade"):
            for account, name, _, _ in state.purchases:
                yield f"{account.id} {name}", BROKEN if meant(state.home, name) else KEPT
        if action in ("sell", "trade"):
            for row in state.sales:
                where = f"{row.account.id} {row.lot.security_id}"
                yield where, BROKEN if meant(state.home, row.lot.security_id) else KEPT

    return Rule(f"never {action} {things}", asks, f"never {things}")


def never_sell_lots(condition: str, meant: Callable[[Finished, Lot], bool]) -> Rule:
    def asks(state: Finished) -> Found:
        for row in state.sales:
            yield row.account.id, BROKEN if meant(state, row.lot) else KEPT

    return Rule(f"never sell anything where {condition}", asks, f"lots {condition}")


def bought_before(day: date) -> Rule:
    return never_sell_lots(f"lot.acquired before {day}", lambda _, lot: lot.acquired < day)


def with_gain_above(dollars: Fraction) -> Rule:
    def meant(state: Finished, lot: Lot) -> bool:
        return Fraction(lot.shares) * state.price(lot.security_id) - Fraction(lot.basis) > dollars

    return never_sell_lots(f"lot.gain above ${written(dollars)}", meant)


def harvest_only_above(percent: Fraction) -> Rule:
    """A lot sold at a loss in a taxable account has lost more than that of its basis."""

    def asks(state: Finished) -> Found:
        for row in state.sales:
            lot = row.lot
            lost = Fraction(lot.basis) - Fraction(lot.shares) * state.price(lot.security_id)
            small = lost <= percent / 100 * Fraction(lot.basis)
            bad = row.account.taxable and row.gain < 0 and small
            yield lot.id, BROKEN if bad else KEPT

    text = f"only harvest anything where lot.loss above {written(percent)}% of basis"
    return Rule(text, asks, "harvest")


def gains(dollars: Fraction, per: str, term: str) -> Rule:
    """Net gains of the year so far and of the run, without losses that are washed; a taxpayer's
    count in all its accounts."""

    def asks(state: Finished) -> Found:
        taxable = [each for each in state.home.accounts if each.taxable]
        names = sorted({each.tax_entity_id for each in taxable})
        groups = [[name] for name in names] if per == "taxpayer" else [names]
        for some in groups if names else ():
            before = ZERO
            for entity in (state.home.tax_entities[name] for name in some):
                before += Fraction(entity.ytd_short) if term != "long " else 0
                before += Fraction(entity.ytd_long) if term != "short " else 0
            washed = disallowed(state)
            run = sum(
                (
                    row.gain + washed.get(row.lot.id, ZERO)
                    for row in state.sales
                    if row.account.taxable
                    and row.account.tax_entity_id in some
                    and (not term or row.long == (term == "long "))
                ),
                ZERO,
            )
            yield "+".join(some), no_further_out(before, before + run, None, dollars)

    text = f"keep realized {term}gains at most ${written(dollars)} each year per {per}"
    return Rule(text, asks, f"gains {term}{per}", own=False)


def tax(dollars: Fraction) -> Rule:
    """Schedule D: within short and long, then across; what is left of a loss against ordinary
    income up to $3,000, and the rest at what a dollar carried on is worth."""

    def owed(state: Finished, name: str, *, run: bool) -> Fraction:
        entity = state.home.tax_entities[name]
        short = Fraction(entity.ytd_short) - Fraction(entity.carry_short)
        long = Fraction(entity.ytd_long) - Fraction(entity.carry_long)
        washed = disallowed(state) if run else {}
        for row in state.sales if run else ():
            if row.account.taxable and row.account.tax_entity_id == name:
                gain = row.gain + washed.get(row.lot.id, ZERO)
                short, long = (short, long + gain) if row.long else (short + gain, long)
        if short > 0 > long or long > 0 > short:
            both = short + long
            winner_short = (short > 0) == (both > 0)
            short, long = (both, ZERO) if winner_short else (ZERO, both)
        total = max(short, ZERO) * Fraction(entity.rate_short)
        total += max(long, ZERO) * Fraction(entity.rate_long)
        loss = -min(short, ZERO) - min(long, ZERO)
        against = min(loss, Fraction(1500 if entity.filing == "separate" else 3000))
        carried = (loss - against) * Fraction(entity.rate_carry)
        return total - against * Fraction(entity.rate_ordinary) - carried

    def asks(state: Finished) -> Found:
        for name in sorted({a.tax_entity_id for a in state.home.accounts if a.taxable}):
            before, after = (owed(state, name, run=late) for late in (False, True))
            yield name, no_further_out(before, after, None, dollars)

    text = f"keep realized tax at most ${written(dollars)} each year per taxpayer"
    return Rule(text, asks, "tax", own=False)


def turnover(percent: Fraction) -> Rule:
    """Sales of the run, of which what flows take beyond the cash does not count."""

    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            run = sum((row.amount for row in state.sales if row.account is account), ZERO)
            here = any(f.account_id == account.id and f.day <= SETTLED for f in state.home.flows)
            forced = max(-state.cash(account, after=False), ZERO) if here else ZERO
            most = percent / 100 * state.value(account)
            yield account.id, no_further_out(ZERO, max(run - forced, ZERO), None, most)

    return Rule(f"keep turnover at most {written(percent)}% of account each year", asks, "turnover")


def no_wash_sales() -> Rule:
    """A loss is not replaced by a purchase of the run, nor by shares of the last 30 days that are
    kept, as far as that is a cent; what an earlier loss blocks is not bought. Every account of the
    household counts."""

    def asks(state: Finished) -> Found:
        group = {name: each.wash_group for name, each in state.home.securities.items()}
        bought = {group[name] for _, name in state.bought}
        for block in state.home.wash_blocks:
            yield block.wash_group, BROKEN if block.wash_group in bought else KEPT
        young = [
            lot
            for account in state.home.accounts
            for lot in account.lots
            if TODAY - lot.acquired <= timedelta(days=30)
        ]
        for row in state.sales:
            if row.account.taxable and row.gain < 0:
                own = group[row.lot.security_id]
                kept = sum(
                    (
                        max(Fraction(lot.shares) - state.sold.get(lot.id, ZERO), ZERO)
                        for lot in young
                        if group[lot.security_id] == own and lot.id != row.lot.id
                    ),
                    ZERO,
                )
                washed = -row.gain * min(kept, row.shares) / row.shares
                yield own, BROKEN if washed >= HALF_A_CENT or own in bought else KEPT

    return Rule("prevent wash sales across household", asks, "wash", own=False)
