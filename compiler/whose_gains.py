"""Whose gains and losses a line counts: those of an account, a taxpayer or a household."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from compiler import codes
from compiler.amounts import Amount
from compiler.directives.bounds import AmountBand, read_amount_band, whose_dollars
from compiler.reader import Reader
from compiler.statements import InForce
from grammar import tree
from portfolio.household import Account, Household

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
