"""Joint households against the same households account by account: tax, tracking error, trades.

    python -m bench.joint                    an invented book
    python -m bench.joint BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N joint households, `--json FILE` writes the figures for programs.

Both sides have the same rules, data and budget. Apart, each account follows the target by itself,
in one problem with the others for tax and wash sales. Both are measured alike: tracking error is
that of all accounts together against their one target, and `cost` is what the objective adds up to
with it, in dollars of present value: tax now and later, income taxed every year, trading,
preferences, and risk.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from bench.over_a_book import book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from compiler.closing import Closing
from compiler.statements import HouseholdPolicy
from policydsl.inputs import Inputs, policy_of
from policydsl.measures import RiskMeasure, household_measures
from policydsl.propose import Proposal, empty_closing, propose
from policydsl.tables import dollars, percent, table
from portfolio.household import Household


@dataclass(frozen=True)
class Side:
    """One way of managing a household. Dollars; fractions; seconds; `gap` in bp of value."""

    status: str
    trades: int
    tax: float
    cost: float
    error_before: float
    error: float
    gap: float
    seconds: float


@dataclass(frozen=True)
class Pair:
    """A household both ways."""

    household: str
    accounts: int
    value: float
    apart: Side
    joint: Side


def compared(household: Household, policy: HouseholdPolicy) -> Pair:
    """The household account by account, and as one."""
    joint = _side(household, household, policy)
    apart = _side(household, replace(household, management="separate"), policy)
    value = float(sum((household.value(a) for a in household.accounts), Decimal(0)))
    return Pair(household.id, len(household.accounts), value, apart, joint)


def _side(measured: Household, solved: Household, policy: HouseholdPolicy) -> Side:
    started = time.perf_counter()
    proposal = propose(solved, policy)
    seconds = time.perf_counter() - started
    if proposal.closing is None or proposal.solution is None:
        return Side(proposal.status.value, 0, 0.0, 0.0, 0.0, 0.0, 0.0, seconds)
    one = empty_closing(measured, policy)
    closing = replace(
        proposal.closing, models=one.models, targets=one.targets, portfolios=one.portfolios
    )
    risk = RiskMeasure(closing.household)
    error_before, error = (
        household_measures(closing, risk, after=after)[0] for after in (False, True)
    )
    trades = {(t.account_id, t.security_id) for t in closing.trades}
    return Side(
        proposal.status.value,
        len(trades),
        _tax(closing),
        _linear(proposal) + _risk(proposal, closing, error),
        error_before,
        error,
        proposal.solution.gap,
        seconds,
    )


def _tax(closing: Closing) -> float:
    """What the run adds to this year's tax."""
    entities = closing.household.tax_entities
    added = (closing.tax(e, after=True).tax - closing.tax(e, after=False).tax for e in entities)
    return float(sum(added, Decimal(0)))


def _linear(proposal: Proposal) -> float:
    """The terms of the objective that no target moves, dollars."""
    assert proposal.solution is not None
    assert proposal.compiled is not None
    solution = proposal.solution
    return (
        sum(t.value(solution.x) for t in solution.terms.values()) * proposal.compiled.physics.unit
    )


def _risk(proposal: Proposal, closing: Closing, error: float) -> float:
    """Horizon x risk aversion x TE^2 x value of all accounts together, dollars."""
    assert proposal.compiled is not None
    values = {a.id: float(closing.value(a)) for a in closing.household.accounts}
    assumed = proposal.compiled.physics.assumptions
    price = sum(values[a] * assumed[a].horizon * assumed[a].risk_aversion for a in values)
    return price * error**2


def comparison(pairs: Sequence[Pair]) -> str:
    """A line for each household, apart > joint."""
    header = (
        *("household", "accounts", "value", "TE before", "TE", "tax"),
        *("trades", "cost", "saved", "gap bp", "seconds"),
    )
    rows = [
        (
            pair.household,
            str(pair.accounts),
            dollars(pair.value),
            percent(pair.joint.error_before),
            f"{percent(pair.apart.error)} > {percent(pair.joint.error)}",
            f"{dollars(pair.apart.tax)} > {dollars(pair.joint.tax)}",
            f"{pair.apart.trades} > {pair.joint.trades}",
            f"{dollars(pair.apart.cost)} > {dollars(pair.joint.cost)}",
            f"{(pair.apart.cost - pair.joint.cost) / pair.value * 10_000:.1f} bp",
            f"{pair.apart.gap:.2f} > {pair.joint.gap:.2f}",
            f"{pair.apart.seconds:.1f} > {pair.joint.seconds:.1f}",
        )
        for pair in pairs
    ]
    return table(header, rows, "l" + "r" * (len(header) - 1))


def _joint(inputs: Inputs, most: int | None) -> list[Household]:
    found = (inputs.book.household(name) for name in inputs.book.household_ids)
    return [h for h in found if h.management == "joint" and len(h.accounts) > 1][:most]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    given = book_arguments(__doc__).parse_args(arguments)
    with given_book(given) as book:
        inputs = inputs_of(book, given.policies)
        joint = _joint(inputs, given.households)
        if not joint:
            raise SystemExit(f"no household of {inputs.book.name} is managed jointly")
        found = (compared(household, policy_of(inputs, household)) for household in joint)
        pairs = list(counted(found, len(joint)))
    print(comparison(pairs), end="")
    write_json(given.json, [asdict(pair) for pair in pairs])


if __name__ == "__main__":
    main()
