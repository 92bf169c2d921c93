"""What a fixed order of lots costs: households that choose lots by their tax, and in each order.

    python -m bench.lot_orders                    an invented book
    python -m bench.lot_orders BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--order NAME` one order (as often as you like; else
all), `--json FILE` writes the figures for programs as they come.

Every account of a household has the order; rules, data and budget are the same otherwise. Tax is by
the exact ledger: what the run adds to this year's tax less what the losses carried on are worth.
The cost of an order is what the objective loses: it is proven up to both gaps.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from bench.netting import taxes
from bench.over_a_book import book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from compiler.check import check_policies
from compiler.directives.lot_order import METHODS, MINIMUM_TAX, LotOrder
from compiler.policyset import load_policies
from compiler.statements import HouseholdPolicy, InForce
from policydsl.inputs import Inputs, policy_of
from policydsl.propose import propose
from policydsl.tables import dollars, table
from portfolio.household import Household

RULE = 'layer firm\n\nrule bench.lots "An order of lots"\n    {}\n'


@dataclass(frozen=True)
class Side:
    """A household with one order: dollars and seconds."""

    status: str
    tax: float
    objective: float
    gap: float
    gap_bp: float
    seconds: float

    @property
    def solved(self) -> bool:
        return self.status in ("proposed", "no_action")


def in_order(policy: HouseholdPolicy, household: Household, order: str) -> HouseholdPolicy:
    """The policy with one order of lots for every account, in place of its own."""
    others = [each for each in policy.statements if each.directive.kind != "lot order"]
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "lots.policy").write_text(RULE.format(LotOrder(order).sentence()))
        (statement,) = check_policies(load_policies(Path(scratch))).statements
    chosen = InForce(statement, tuple(account.id for account in household.accounts))
    return replace(policy, statements=(*others, chosen))


def solved(household: Household, policy: HouseholdPolicy) -> Side:
    """One household, one policy."""
    started = time.perf_counter()
    proposal = propose(household, policy)
    seconds = time.perf_counter() - started
    closing, solution, compiled = proposal.closing, proposal.solution, proposal.compiled
    if closing is None or solution is None or compiled is None:
        return Side(proposal.status.value, 0.0, 0.0, 0.0, 0.0, seconds)
    unit = compiled.physics.unit
    _, tax = taxes(closing)
    objective, gap = solution.objective * unit, solution.gap * unit
    return Side(proposal.status.value, tax, objective, gap, solution.gap, seconds)


def comparison(found: Sequence[Mapping[str, Side]]) -> str:
    """A line an order, minimum tax first."""
    header = ("order", "solved", "gap bp, median", "worst", "seconds, median", "worst")
    header = (*header, "more tax", "lost", "of it proven", "households")
    rows = []
    for order in found[0]:
        sides = [each[order] for each in found if each[order].solved]
        pairs = [
            (each[MINIMUM_TAX], each[order])
            for each in found
            if each[MINIMUM_TAX].solved and each[order].solved
        ]
        lost = [(own.objective - free.objective, own.gap) for free, own in pairs]
        proven = [amount - gap for amount, gap in lost if amount > gap]
        rows.append(
            (
                order,
                f"{len(sides)} of {len(found)}",
                f"{median(side.gap_bp for side in sides):.2f}",
                f"{max(side.gap_bp for side in sides):.2f}",
                f"{median(side.seconds for side in sides):.1f}",
                f"{max(side.seconds for side in sides):.1f}",
                dollars(sum(own.tax - free.tax for free, own in pairs)),
                dollars(sum(amount for amount, _ in lost)),
                dollars(sum(proven)),
                str(len(proven)),
            )
        )
    return table(header, rows, "l" + "r" * (len(header) - 1))


def _found(
    inputs: Inputs, names: Sequence[str], orders: Sequence[str]
) -> Iterator[dict[str, Side]]:
    for name in names:
        household = inputs.book.household(name)
        policy = policy_of(inputs, household)
        yield {each: solved(household, in_order(policy, household, each)) for each in orders}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--order", action="append", choices=list(METHODS))
    given = parser.parse_args(arguments)
    orders = (MINIMUM_TAX, *(given.order or METHODS))
    found: list[dict[str, Side]] = []
    with given_book(given) as book:
        inputs = inputs_of(book, given.policies)
        names = inputs.book.household_ids[: given.households]
        for each in counted(_found(inputs, names, orders), len(names)):
            found.append(each)
            sides = [{name: asdict(side) for name, side in one.items()} for one in found]
            write_json(given.json, sides)
    print(comparison(found), end="")


if __name__ == "__main__":
    main()
