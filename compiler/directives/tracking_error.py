"""`keep tracking error at most 2%`: how far an account or household may stray from its target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from compiler import codes
from compiler.amounts import Base
from compiler.closing import Closing
from compiler.dimensions import describe_fraction
from compiler.directives.base import Breach, Dial, Directive, Family, measured, most
from compiler.physics import Physics
from compiler.ranges import Range
from compiler.read_amounts import BASES
from compiler.reader import Reader
from compiler.statements import InForce
from compiler.tableau import Block
from grammar import tree
from grammar.tree import Side, Unit
from portfolio.household import Account
from portfolio.lookthrough import look_through

ZERO = Decimal(0)


@dataclass(frozen=True)
class TrackingErrorLimit(Directive):
    """Annual: the square root of d'(BB' + S)d, d the active weights against the target after
    look-through, B the factor loadings and S the specific variances of the book's risk model.

    `highest` is a fraction a year of the base: a portfolio, or the accounts of a household
    together against the sum of their targets.
    """

    kind: ClassVar[str] = "tracking error"
    family: ClassVar[Family] = Family.LIMIT
    counts_absent: ClassVar[bool] = False
    may_be_soft: ClassVar[bool] = True

    highest: Decimal
    base: Base

    @property
    def slot(self) -> tuple[str, ...]:
        return "tracking error", self.base

    @property
    def dials(self) -> tuple[Dial, ...]:
        return (Dial("highest", 1, Decimal("0.0001")),)

    @property
    def range(self) -> Range:
        return Range(high=self.highest)

    def describe_range(self) -> str:
        return f"at most {describe_fraction(self.highest)}"

    def sentence(self) -> str:
        return f"keep tracking error {self.describe_range()} per {self.base}"

    def build(self, block: Block, scope: InForce, physics: Physics) -> None:
        """A tangent of the norm by holder; the solver adds more where they are needed."""
        meant = physics.reference("target")
        for where, accounts, _ in measured(self.base, scope, physics):
            counted = [a for a in accounts if a.id in meant]
            if any(physics.of_account(a.id) for a in counted):
                value = sum((physics.value(a) for a in counted), ZERO)
                bound = physics.bp(self.highest * value)
                physics.limit_risk(block, counted, where, bound, scope)

    def stands(self, scope: InForce, closing: Closing) -> Iterator[str]:
        meant = closing.reference("target")
        for where, accounts, _ in measured(self.base, scope, closing):
            counted = [a for a in accounts if a.id in meant]
            value = sum((closing.value(a) for a in counted), ZERO)
            if value > 0:
                risk = _dollars_at_risk(closing, counted, after=False) / value
                yield f"tracking error of {where} is {risk:.4%}"

    def breaches(self, scope: InForce, closing: Closing) -> Iterator[Breach]:
        """The root of d'Sd in decimals, in dollars of active risk, against the limit or where it
        stood."""
        meant = closing.reference("target")
        for where, accounts, _ in measured(self.base, scope, closing):
            counted = [a for a in accounts if a.id in meant]
            value = sum((closing.value(a) for a in counted), ZERO)
            if value <= 0:
                continue
            before, after = (_dollars_at_risk(closing, counted, after=a) for a in (False, True))
            bound = most(scope, self.highest * value, before)
            if after > bound:
                yield Breach(
                    scope.statement.key,
                    where,
                    after,
                    bound,
                    "dollars",
                    f"tracking error of {where} is {after / value:.4%}, above {bound / value:.4%}",
                )


def _dollars_at_risk(closing: Closing, accounts: list[Account], *, after: bool) -> Decimal:
    """The standard deviation a year of what the accounts hold against what they are to hold."""
    household = closing.household
    active: dict[str, Decimal] = {}
    shares = closing.shares_after if after else closing.shares_before
    names = {account.id for account in accounts}
    for (owner, security_id), count in shares.items():
        if owner in names:
            worth = count * household.prices[security_id]
            active[security_id] = active.get(security_id, ZERO) + worth
    meant = closing.reference("target")
    for account in accounts:
        value = closing.value(account)
        for security_id, weight in meant[account.id].items():
            active[security_id] = active.get(security_id, ZERO) - weight * value
    risk = household.risk
    row_of = {name: i for i, name in enumerate(risk.securities)}
    seen = look_through(active, household.constituents)
    factors = [ZERO] * risk.loadings.shape[1]
    variance = ZERO
    for name, dollars in seen.items():
        row = row_of[name]
        variance += Decimal(str(risk.specific[row])) * dollars * dollars
        for k, loading in enumerate(risk.loadings[row].tolist()):
            factors[k] += Decimal(str(loading)) * dollars
    return (variance + sum((f * f for f in factors), ZERO)).sqrt()


def read_tracking_error(node: tree.Keep, reader: Reader) -> TrackingErrorLimit | None:
    """The typed limit, or None after reporting what is wrong."""
    highest = read_rate(node.bound, reader)
    base = _base(node, reader)
    return None if highest is None or base is None else TrackingErrorLimit(highest, base)


def read_rate(bound: tree.Bound, reader: Reader) -> Decimal | None:
    """The percentage of an `at most`, as a fraction a year."""
    high = bound.high.share if isinstance(bound.high, tree.ShareOf) else bound.high
    if (
        bound.side is Side.AT_MOST
        and bound.relation is None
        and isinstance(high, tree.Quantity)
        and high.unit in (Unit.PERCENT, Unit.BPS)
        and high.value > 0
    ):
        return high.value / (100 if high.unit is Unit.PERCENT else 10_000)
    reader.report(
        codes.WRONG_UNIT,
        "tracking error has an upper limit in percent a year",
        bound.span,
        help="write `at most 2%`",
    )
    return None


def _base(node: tree.Keep, reader: Reader) -> Base | None:
    """Whose tracking error: said by `per`, by `of`, or a household's in its own file."""
    high = node.bound.high
    of = high.base if isinstance(high, tree.ShareOf) else node.bound.base
    for said in (node.per, of):
        if said is not None and said.value not in BASES:
            reader.report(
                codes.DOES_NOT_APPLY,
                f"tracking error is that of an account or household, not of `{said.value}`",
                said.span,
                help="write `per account` or `per household`",
            )
            return None
    if node.per is not None and of is not None and node.per.value != of.value:
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`per {node.per.value}` does not go with `of {of.value}`",
            node.per.span,
            help="leave it out",
        )
        return None
    said = node.per or of
    if said is not None:
        return "account" if said.value == "account" else "household"
    return "household" if reader.authority.layer == "household" else "account"
