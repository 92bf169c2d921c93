"""`keep realized gains at most $60,000 in 2026`: gains or tax realised in a tax year."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Literal

import pyomo.environ as pyo

from compiler import codes
from compiler.amounts import Amount
from compiler.closing import Closing
from compiler.directives.base import Breach, Directive, Family, Measured, dollars_breach
from compiler.directives.bounds import AmountBand, read_amount_band, whose_dollars
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.reader import Reader
from compiler.statements import InForce
from grammar import tree
from portfolio.household import Household

Holder = Literal["taxpayer", "household", "account"]
_HOLDERS: dict[str, Holder] = {
    "taxpayer": "taxpayer",
    "household": "household",
    "account": "account",
}


@dataclass(frozen=True)
class RealizedLimit(Directive):
    """Year to date and this run together stay at or below `amount`.

    `gains` are net and before carryforwards; `tax` is dollars after netting (26 USC 1222, 1211,
    1212). `year` None means every year; `prorated` lets the limit grow with the days of the year.
    """

    kind: ClassVar[str] = "realized"
    family: ClassVar[Family] = Family.LIMIT

    measure: Literal["gains", "tax"]
    amount: Amount
    year: int | None
    prorated: bool
    per: Holder

    @property
    def slot(self) -> tuple[str, ...]:
        return f"realized {self.measure}", self._period(), f"per {self.per}"

    @property
    def range(self) -> Range:
        return Range(high=self.amount)

    def describe_range(self) -> str:
        return f"at most {self.amount.describe()}"

    def sentence(self) -> str:
        period = self._period()
        return f"keep realized {self.measure} {self.describe_range()} {period} per {self.per}"

    def _period(self) -> str:
        period = "each year" if self.year is None else f"in {self.year}"
        return f"{period} prorated" if self.prorated else period

    def applies(self, household: Household) -> bool:
        """Whether the limit speaks of the tax year of this run."""
        return self.year in (None, household.as_of.year)

    def dollars(self, household: Household, account_id: str | None) -> Decimal:
        """The limit in dollars today; a prorated one has grown with the days of the year."""
        account = next((a for a in household.accounts if a.id == account_id), None)
        amount = self.amount.dollars(household, account)
        if self.prorated:
            day = household.as_of.timetuple().tm_yday
            amount = amount * day / (366 if calendar.isleap(household.as_of.year) else 365)
        return amount

    def build(self, block: pyo.Block, scope: InForce, physics: Physics) -> None:
        """A row a holder: year to date and this run, linear in the lots or in the tax pieces.

        A limit that the year has already broken forbids more, and asks for no loss to repair it.
        """
        if not self.applies(physics.household):
            return
        for where, account_id, entities in self._held_by(scope, physics.household):
            bound = physics.bp(self.dollars(physics.household, account_id))
            known = [e for e in entities if e in physics.taxes]
            before, run = self._of_run(physics, account_id, entities, known)
            if known:
                physics.upper(
                    block, "limit", where, before + run, before, bound, scope=scope, cured=False
                )

    def _of_run(
        self, physics: Physics, account_id: str | None, entities: tuple[str, ...], known: list[str]
    ) -> tuple[float, Any]:
        """(year to date, change by this run), both in bp."""
        if self.measure == "tax":
            before = sum(physics.taxes[e].before for e in known)
            return before, pyo.quicksum(physics.taxes[e].tax for e in known) - before
        before = sum(
            physics.bp(physics.household.tax_entities[e].ytd_short)
            + physics.bp(physics.household.tax_entities[e].ytd_long)
            for e in entities
        )
        gains = pyo.quicksum(
            physics.gains[lot.id] * sell
            for position in physics.positions.values()
            if account_id in (None, position.account_id)
            and physics.account(position.account_id).taxable
            and physics.account(position.account_id).tax_entity_id in entities
            for lot, sell in zip(position.lots, position.sells, strict=True)
        )
        return before, gains

    def _held_by(
        self, scope: InForce, household: Household
    ) -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
        """(where, account, tax entities) for each holder. What an account realised earlier in the
        year is not known apart, so its taxpayer's year to date counts in full."""
        accounts = [a for a in household.accounts if a.id in scope.accounts and a.taxable]
        entities = tuple(dict.fromkeys(sorted(a.tax_entity_id for a in accounts)))
        if self.per == "household":
            if entities:
                yield household.id, None, entities
        elif self.per == "taxpayer":
            for entity in entities:
                yield entity, None, (entity,)
        else:
            for account in accounts:
                yield account.id, account.id, (account.tax_entity_id,)

    def measured(self, scope: InForce, closing: Closing) -> Iterator[Measured]:
        """Year to date and this run together, by holder."""
        for where, account_id, entities in self._held_by(scope, closing.household):
            after = self._exactly(closing, account_id, entities, after=True)
            bound = self.dollars(closing.household, account_id)
            yield Measured(where, f"realized {self.measure}", after, None, bound)

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """Year to date and this run, netted in decimal, against the limit or where it stood."""
        if not self.applies(closing.household):
            return
        for where, account_id, entities in self._held_by(scope, closing.household):
            before, after = (
                self._exactly(closing, account_id, entities, after=a) for a in (False, True)
            )
            bound = max(self.dollars(closing.household, account_id), before)
            if after > bound:
                yield dollars_breach(scope, where, f"realized {self.measure}", after, bound)

    def _exactly(
        self, closing: Closing, account_id: str | None, entities: tuple[str, ...], *, after: bool
    ) -> Decimal:
        if self.measure == "tax":
            return sum((closing.tax(e, after=after).cost for e in entities), Decimal(0))
        nets = (net for e in entities for net in closing.realized(e, after=False))
        total = sum(nets, Decimal(0))
        if after:
            for sale in closing.sales:
                account = closing.account(sale.account_id)
                if account.taxable and account.tax_entity_id in entities:
                    total += sale.gain if account_id in (None, account.id) else Decimal(0)
        return total


def read_realized(
    node: tree.Keep, measure: Literal["gains", "tax"], reader: Reader
) -> RealizedLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    band = read_amount_band(node.bound, reader)
    if node.period is None:
        reader.report(
            codes.WHICH_YEAR,
            f"realized {measure} of which year?",
            node.span,
            help="end the line with `each year` or `in 2026`",
        )
    if band is None or node.period is None:
        return None
    if band.high is None or band.low is not None:
        reader.report(
            codes.WRONG_UNIT,
            f"realized {measure} have an upper limit only",
            node.bound.span,
            help="write `at most $60,000`",
        )
        return None
    per = _holder(node, measure, band, reader)
    if per is None:
        return None
    return RealizedLimit(measure, band.high, node.period.year, node.period.prorated, per)


def _holder(node: tree.Keep, measure: str, band: AmountBand, reader: Reader) -> Holder | None:
    stated = None if node.per is None else _HOLDERS.get(node.per.value)
    account_tax = measure == "tax" and stated == "account"
    account_share = "account" in band.bases and stated in ("taxpayer", "household")
    if node.per is not None and (stated is None or account_tax or account_share):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with realized {measure}",
            node.per.span,
            "tax is reckoned for a taxpayer" if account_tax else "",
            help="write `per taxpayer` or `per household`",
        )
        return None
    if stated is not None:
        return stated
    layer = reader.authority.layer
    if layer == "account" or "account" in band.bases:
        return "taxpayer" if measure == "tax" else "account"
    if layer == "household" or "household" in band.bases:
        return "household"
    whose_dollars(node.bound, "`per taxpayer`, `per household` or `per account`", reader)
    return None
