"""A second exact check, written from what the language says and from nothing else.

Fractions, one rule after the other, on a household, lots sold and shares bought. It reads no typed
statement: a rule is its text, and beside it what the text asks. Each rule gives places with how far
inside they are (dollars, or a number): below zero is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from portfolio.household import Account, Household
from tests.plain.finished import (
    BROKEN,
    KEPT,
    ZERO,
    Finished,
    Found,
    Group,
    no_further_out,
    physics,
    seen_through,
)


@dataclass(frozen=True)
class Rule:
    """What is written, and what it asks. `stepwise`: the model may ask for a share more or two.

    Of one `slot` a policy has one rule, lest two disagree. `own`: it is of accounts one by one.
    """

    text: str
    asks: Callable[[Finished], Found] = field(repr=False, compare=False)
    slot: str = ""
    stepwise: bool = False
    own: bool = True


def weights(
    state: Finished,
    accounts: list[Account],
    where: str,
    group: Group,
    ends: Callable[[str], tuple[Fraction | None, Fraction | None]],
    named: bool,
) -> Found:
    """Every group of some accounts together against its ends in dollars."""
    before: dict[str, Fraction] = {}
    after: dict[str, Fraction] = {}
    for account in accounts:
        for total, late in ((before, False), (after, True)):
            worth = state.worth(account, after=late)
            for name, dollars in seen_through(state, worth, group, named).items():
                total[name] = total.get(name, ZERO) + dollars
    for name in sorted({*before, *after}):
        low, high = ends(name)
        yield (
            f"{where} {name}",
            no_further_out(before.get(name, ZERO), after.get(name, ZERO), low, high),
        )


def at_most(group: Group, percent: Fraction, of: str, named: bool) -> Callable[[Finished], Found]:
    """A group, or each of them, up to a share of the account or household."""

    def asks(state: Finished) -> Found:
        if of == "household":
            yield from together(state, state.managed, "H1")
            return
        for account in state.home.accounts:
            yield from together(state, [account], account.id)

    def together(state: Finished, accounts: list[Account], where: str) -> Found:
        most = percent / 100 * sum(map(state.value, accounts), ZERO)
        return weights(state, accounts, where, group, lambda _: (None, most), named)

    return asks


def issuers(percent: Fraction, of: str) -> Rule:
    def group(home: Household, name: str) -> str:
        return home.securities[name].issuer

    text = f"keep each issuer at most {written(percent)}% of {of}"
    return Rule(text, at_most(group, percent, of, named=False), f"issuer {of}", own=of == "account")


def sectors_held(percent: Fraction, of: str) -> Rule:
    def group(home: Household, name: str) -> str | None:
        return home.securities[name].sector

    text = f"keep each sector at most {written(percent)}% of {of}"
    return Rule(text, at_most(group, percent, of, named=False), f"sector {of}", own=of == "account")


def named_group(names: tuple[str, ...], percent: Fraction, of: str) -> Rule:
    """What a group names counts as itself; other funds for what they hold of it."""

    def group(_: Household, name: str) -> str | None:
        return "it" if name in names else None

    things = ", ".join(f'"{name}"' for name in names)
    text = f"keep {things} at most {written(percent)}% of {of}"
    return Rule(
        text, at_most(group, percent, of, named=True), f"group {of} {things}", own=of == "account"
    )


def technology(percent: Fraction, of: str) -> Rule:
    def group(home: Household, name: str) -> str | None:
        return "it" if home.securities[name].sector == "Tech" else None

    text = f'keep anything at most {written(percent)}% of {of} where sector is "Tech"'
    return Rule(text, at_most(group, percent, of, named=True), f"tech {of}", own=of == "account")


def near_the_model(points: Fraction) -> Rule:
    """Each asset class near its published weight: in each account that is managed, or, where the
    household is joint, in the sum of all, those held away included."""

    def group(home: Household, name: str) -> str:
        return home.securities[name].asset_class

    def asks(state: Finished) -> Found:
        for accounts in of_one_target(state):
            value = sum(map(state.value, accounts), ZERO)
            model = state.home.models["CORE"].weights
            dollars = {name: Fraction(weight) * value for name, weight in model.items()}
            meant = seen_through(state, dollars, group, named=False)
            off = points / 100 * value

            def ends(name: str, meant=meant, off=off) -> tuple[Fraction, Fraction]:
                middle = meant.get(name, ZERO)
                return middle - off, middle + off

            yield from weights(state, accounts, accounts[0].id, group, ends, named=False)

    text = f"keep each asset_class within {written(points)} points of model"
    return Rule(text, asks, "asset class", own=False)


def of_one_target(state: Finished) -> list[list[Account]]:
    """The accounts that have a target together: all follow one model here."""
    if state.home.management == "joint":
        return [list(state.home.accounts)]
    return [[account] for account in state.managed]


def cash_band(low: Fraction | None, high: Fraction | None) -> Rule:
    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            value = state.value(account)
            ends = [None if end is None else end / 100 * value for end in (low, high)]
            before, after = (state.cash(account, after=late) for late in (False, True))
            yield account.id, no_further_out(before, after, *ends)

    if low is not None and high is not None:
        words = f"between {written(low)}% and {written(high)}%"
    else:
        words = f"at least {written(low)}%" if high is None else f"at most {written(high)}%"
    return Rule(f"keep cash {words} of account", asks, "cash account")


def household_cash(percent: Fraction) -> Rule:
    def asks(state: Finished) -> Found:
        least = percent / 100 * sum(map(state.value, state.managed), ZERO)
        before, after = (
            sum((state.cash(a, after=late) for a in state.managed), ZERO) for late in (False, True)
        )
        yield "H1", no_further_out(before, after, least, None)

    return Rule(
        f"keep cash at least {written(percent)}% of household", asks, "cash household", own=False
    )


def settled_cash(dollars: Fraction) -> Rule:
    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            off = Fraction(account.unsettled_cash)
            before, after = (state.cash(account, after=late) - off for late in (False, True))
            yield account.id, no_further_out(before, after, dollars, None)

    return Rule(f"keep settled cash at least ${written(dollars)} per account", asks, "settled")


def smallest_order(dollars: Fraction) -> Rule:
    """Unless it closes the position."""

    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            left = state.holdings(account, after=True)
            for name, amount in state.orders(account).items():
                if left[name]:
                    yield f"{account.id} {name}", amount - dollars

    return Rule(f"keep each trade at least ${written(dollars)}", asks, "smallest", stepwise=True)


def largest_order(dollars: Fraction) -> Rule:
    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            for name, amount in state.orders(account).items():
                yield f"{account.id} {name}", dollars - amount

    return Rule(f"keep each trade at most ${written(dollars)}", asks, "largest")


def smallest_holding(dollars: Fraction) -> Rule:
    """What is traded is nothing afterwards, or that much."""

    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            worth = state.worth(account, after=True)
            for name in state.orders(account):
                if worth[name] > 0:
                    yield f"{account.id} {name}", worth[name] - dollars

    text = f"keep each holding at least ${written(dollars)}"
    return Rule(text, asks, "holding", stepwise=True)


def so_many_holdings(low: int, high: int) -> Rule:
    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            before, after = (
                Fraction(sum(n > 0 for n in state.holdings(account, after=late).values()))
                for late in (False, True)
            )
            inside = no_further_out(before, after, Fraction(low), Fraction(high))
            yield account.id, KEPT if inside >= 0 else BROKEN

    return Rule(f"keep holdings between {low} and {high}", asks, "holdings", stepwise=True)


def so_many_trades(most: int) -> Rule:
    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            yield account.id, KEPT if len(state.orders(account)) <= most else BROKEN

    return Rule(f"keep trades at most {most}", asks, "trades")


def average_price(dollars: Fraction) -> Rule:
    """By value, over all securities; a fund has a price of its own."""

    def asks(state: Finished) -> Found:
        for account in state.home.accounts:
            sides = []
            for late in (False, True):
                worth = state.worth(account, after=late)
                above = sum((d * (state.price(name) - dollars) for name, d in worth.items()), ZERO)
                sides.append((above, sum(worth.values(), ZERO)))
            (was, held), (now, left) = sides
            inside = max(was, ZERO) - now
            if was > 0 and held and left and now > 0:
                # Dollars above the end are no more than before, nor is the average itself.
                inside = min(inside, (was / held - now / left) * left)
            yield account.id, inside / dollars

    text = f"keep average price at most ${written(dollars)} per account"
    return Rule(text, asks, "average")


def only_for(rule: Rule, words: str, meant: Callable[[Account], bool]) -> Rule:
    """A rule of accounts one by one for some of them."""

    def asks(state: Finished) -> Found:
        some = tuple(each for each in state.home.accounts if meant(each))
        names = {each.id for each in some}
        bought = {key: shares for key, shares in state.bought.items() if key[0] in names}
        return rule.asks(replace(state, home=replace(state.home, accounts=some), bought=bought))

    return replace(rule, text=f"{rule.text}\n{words}", asks=asks)


def over(rule: Rule, words: str) -> Rule:
    """A rule that is not in force, and asks nothing."""
    return replace(rule, text=f"{rule.text}\n{words}", asks=lambda _: iter(()))


def written(number: Fraction | None) -> str:
    """A decimal number in the language's words."""
    assert number is not None
    return f"{Decimal(number.numerator) / Decimal(number.denominator):,f}"


def broken(state: Finished, rules: Iterable[Rule]) -> set[str]:
    """The rules that the trades break, numbered from r1, and `physics`."""
    return {key for key, inside in how_far(state, rules).items() if inside < 0}


def how_far(state: Finished, rules: Iterable[Rule]) -> dict[str, Fraction]:
    """How far inside each rule the trades stay at its tightest place."""
    every = [("physics", physics), *((f"r{k}", rule.asks) for k, rule in enumerate(rules, 1))]
    return {key: min((far for _, far in asks(state)), default=KEPT) for key, asks in every}
