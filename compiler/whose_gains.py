"""Limits on what is realised in a time, and whose gains and losses they count: those of an account,
a taxpayer or a household."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compiler import codes
from compiler.amounts import Amount
from compiler.closing import Closing, Sale
from compiler.directives.base import Directive
from compiler.directives.bounds import AmountBand, read_amount_band, whose_dollars
from compiler.periods import Period
from compiler.physics import Physics
from compiler.prorated import describe_today
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce, Statement
from compiler.sums import Column, Sum, plain
from grammar import tree
from portfolio.holding import is_long_term
from portfolio.household import Account, Household, PastSale

Holder = Literal["taxpayer", "household", "account"]
_HOLDERS: dict[str, Holder] = {
    "taxpayer": "taxpayer",
    "household": "household",
    "account": "account",
}


@dataclass(frozen=True, slots=True)
class Held:
    """One holder: accounts in whose values a bound may be stated, and those whose sales count, by
    tax entity."""

    where: str
    bases: tuple[Account, ...]
    accounts: dict[str, frozenset[str]]

    @property
    def counted(self) -> frozenset[str]:
        """Ids of the accounts whose sales count."""
        return frozenset[str]().union(*self.accounts.values())

    def dollars(self, amount: Amount, household: Household) -> Decimal:
        """An amount today; what it reads of accounts is of all the holder's together."""
        if any(c.table == "accounts" for c in amount.expression.columns()):
            entities = {account.tax_entity_id for account in self.bases}
            payer = household.tax_entities[entities.pop()] if len(entities) == 1 else None
            return amount.together(household, self.bases, payer)
        return amount.dollars(household, None, household.tax_entities.get(self.where))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a holder realised in a period, before the run and with it, and the ends of what it may;
    dollars."""

    where: str
    before: Decimal
    after: Decimal
    low: Decimal | None
    high: Decimal | None


def held_by(per: Holder, scope: InForce, household: Household) -> Iterator[Held]:
    """All sales of a taxpayer count, wherever the statement is in force for one of its taxable
    accounts."""
    accounts = [a for a in household.accounts if a.id in scope.accounts and a.taxable]
    of_entity = {
        entity: frozenset(
            a.id for a in household.accounts if a.taxable and a.tax_entity_id == entity
        )
        for entity in sorted({a.tax_entity_id for a in accounts})
    }
    if per == "household":
        if of_entity:
            yield Held(household.id, tuple(accounts), of_entity)
    elif per == "taxpayer":
        for entity, counted in of_entity.items():
            own = tuple(a for a in accounts if a.tax_entity_id == entity)
            yield Held(entity, own, {entity: counted})
    else:
        for account in accounts:
            counted = frozenset({account.id})
            yield Held(account.id, (account,), {account.tax_entity_id: counted})


class RealizedInPeriod(Directive):
    """What the kinds have in common that limit what a holder realises in a period: `measure` is in
    the language's words, `realized long losses`."""

    measure: str
    period: Period
    per: Holder

    @property
    def slot(self) -> tuple[str, ...]:
        return self.measure, self.period.describe(), f"per {self.per}"

    def sentence(self) -> str:
        period = self.period.describe()
        return f"keep {self.measure} {self.describe_range()} {period} per {self.per}"

    def standings(self, scope: InForce, closing: Closing) -> Iterator[Standing]:
        """How each holder stands against the limit; nobody on a day of which it does not speak."""
        raise NotImplementedError

    def remarks(self, household: Household) -> Iterator[str]:
        yield from self.period.unseen(household)

    def describe_today(self, statement: Statement, household: Household) -> str:
        del statement
        return describe_today(self.period, self.range or Range(), household)

    def _holders(self, scope: InForce, household: Household) -> Iterator[Held]:
        """Nobody on a day of which the line does not speak."""
        if self.period.applies(household.as_of):
            yield from held_by(self.per, scope, household)

    def _dollars(self, end: Amount, household: Household, held: Held) -> Decimal:
        """An end of the range today."""
        return self.period.grown(held.dollars(end, household), household.as_of)

    def _counts(self, long_term: bool) -> bool:
        """Whether the measure has sales of this term in it; a measure that names none has all."""
        return ("short" if long_term else "long") not in self.measure.split()

    def _past(self, household: Household, held: Held) -> Iterator[PastSale]:
        """The sales that count before this run, as far as the book shows them."""
        counted = held.counted
        return (
            sale
            for sale in household.past_sales
            if sale.account_id in counted
            and self._counts(sale.long_term)
            and self.period.counts(sale, household.as_of)
        )

    def _todays(self, closing: Closing, held: Held) -> Iterator[Sale]:
        """The sales of this run that count."""
        counted = held.counted
        return (
            sale
            for sale in closing.sales
            if sale.account_id in counted and self._counts(sale.long_term)
        )

    def _recognised(
        self, physics: Physics, counted: Collection[str], *, losses_only: bool = False
    ) -> Sum:
        """Gains less losses of this run in the accounts `counted` (ids), in bp, without what is
        disallowed of the losses."""
        gains, sells = list[float](), list[Column]()
        for position in physics.positions.values():
            if position.account_id not in counted:
                continue
            for lot, sell in zip(position.lots, position.sells, strict=True):
                if self._counts(is_long_term(lot, physics.household.as_of)):
                    gain = physics.gains[lot.id]
                    if gain < 0.0 or not losses_only:
                        gains.append(gain)
                        sells.append(sell)
        disallowed = [
            column
            for (account_id, term), column in physics.disallowed.items()
            if account_id in counted and self._counts(term == "long")
        ]
        return Sum(gains, sells) + plain(disallowed)


def read_band_of_a_year(node: tree.Keep, measure: str, reader: Reader) -> AmountBand | None:
    """The band of a line that has to say of which time it is; None after saying what is wrong."""
    band = read_amount_band(node.bound, reader)
    if node.period is not None:
        return band
    reader.report(
        codes.WHICH_YEAR,
        f"{measure} of which year?",
        node.span,
        help="end the line with `each year` or `in 2026`",
    )
    return None


def read_holder(
    node: tree.Keep, measure: str, band: AmountBand, reader: Reader, *, by_entity: bool
) -> Holder | None:
    """The holder that `per`, a base or the file names; `by_entity` is what no account has alone."""
    stated = None if node.per is None else _HOLDERS.get(node.per.value)
    unlike = _unlike(stated, band, by_entity=by_entity)
    if node.per is not None and unlike is not None:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with {measure}",
            node.per.span,
            unlike[0],
            help=unlike[1],
        )
        return None
    if stated is not None:
        return stated
    layer = reader.authority.layer
    if layer == "account" or "account" in band.bases:
        return "taxpayer" if by_entity else "account"
    if "taxpayer" in band.bases:
        return "taxpayer"
    if layer == "household" or "household" in band.bases:
        return "household"
    whose_dollars(node.bound, "`per taxpayer`, `per household` or `per account`", reader)
    return None


def _unlike(stated: Holder | None, band: AmountBand, *, by_entity: bool) -> tuple[str, str] | None:
    """Why a holder does not go with a line, as a label, and what to write instead."""
    if stated is None:
        if by_entity:
            return "", "write `per taxpayer` or `per household`"
        return "", "write `per taxpayer`, `per household` or `per account`"
    if by_entity and stated == "account":
        return "that is reckoned for a taxpayer", "write `per taxpayer` or `per household`"
    if stated == "household" and "taxpayer" in band.bases:
        return "the bound is that of one taxpayer", "write `per taxpayer`"
    return None
