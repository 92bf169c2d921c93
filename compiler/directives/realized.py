"""`keep realized gains at most $60,000 in 2026`: gains or tax realised in a tax year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from compiler import codes
from compiler.amounts import Amount
from compiler.directives.base import Directive, Family
from compiler.directives.bounds import AmountBand, read_amount_band, whose_dollars
from compiler.ranges import Range
from compiler.reader import Reader
from grammar import tree

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
