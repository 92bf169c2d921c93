"""What exact netting is worth: households solved by the law's tax function and by simpler ones.

    python -m bench.netting                    an invented book
    python -m bench.netting BOOK [POLICIES]    a book of yours, with policies of yours

`--households N` takes the first N households, `--form NAME` one of the simpler functions (as often
as you like; else all), `--json FILE` writes the figures for programs as they come.

Every side has the same rules, data and budget; only the tax function of the model differs, but for
`best region`: there it is the law's, and only the region with the best bound is searched. All
trades are then measured alike, by the exact ledger: `tax` is what the run adds to this year's tax
less what the losses carried on are worth, and the objective is that of the model with the ledger's
tax in place of the model's. A difference below both proven gaps together is no measurable effect.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from bench.over_a_book import book_arguments, counted, given_book, inputs_of
from bench.results import write_json
from compiler.closing import Closing, Sale
from compiler.statements import HouseholdPolicy
from compiler.tax_forms import TaxForm, by_law, rates_of_today, separate_rates
from policydsl.inputs import policy_of
from policydsl.propose import Proposal, propose
from policydsl.tables import dollars, table
from portfolio.household import Household
from solver.search import Budget

FORMS: Mapping[str, tuple[TaxForm, Budget]] = {
    "exact": (by_law, Budget()),
    "separate rates": (separate_rates, Budget()),
    "rates of today": (rates_of_today, Budget()),
    "best region": (by_law, Budget(regions=1)),
}
EXACT = "exact"
DOLLAR = Decimal(1)


@dataclass(frozen=True)
class Side:
    """A household solved by one tax function. Dollars and seconds.

    `tax` and `objective` are by the ledger; `orders` and `moved` are what differs from the exact
    side's trades: orders, and dollars bought or sold otherwise, lot by lot.
    """

    status: str
    orders: int
    moved: float
    tax_now: float
    tax: float
    objective: float
    gap: float
    seconds: float

    @property
    def solved(self) -> bool:
        return self.status in ("proposed", "no_action")


@dataclass(frozen=True)
class Comparison:
    """A household by every tax function; `value` in dollars."""

    household: str
    value: float
    sides: Mapping[str, Side]

    def lost(self, form: str) -> float:
        """Dollars of the true objective that the form's trades lose on the exact side's."""
        return self.sides[form].objective - self.sides[EXACT].objective

    def measurable(self, form: str) -> bool:
        """Whether the loss, or the gain, is more than both gaps leave open."""
        return abs(self.lost(form)) > self.sides[form].gap + self.sides[EXACT].gap

    def both(self, form: str) -> bool:
        return self.sides[form].solved and self.sides[EXACT].solved


def compared(household: Household, policy: HouseholdPolicy, forms: Sequence[str]) -> Comparison:
    """The household by each of these forms and, first, exactly."""
    solved: dict[str, tuple[Proposal, float]] = {}
    for name in dict.fromkeys((EXACT, *forms)):
        form, budget = FORMS[name]
        started = time.perf_counter()
        proposal = propose(household, policy, budget, form=form)
        solved[name] = proposal, time.perf_counter() - started
    exact = solved[EXACT][0].closing
    return Comparison(
        household.id,
        float(sum((household.value(a) for a in household.accounts), Decimal(0))),
        {name: _side(proposal, spent, exact) for name, (proposal, spent) in solved.items()},
    )


def _side(proposal: Proposal, seconds: float, exact: Closing | None) -> Side:
    closing, solution, compiled = proposal.closing, proposal.solution, proposal.compiled
    if closing is None or solution is None or compiled is None:
        return Side(proposal.status.value, 0, 0.0, 0.0, 0.0, 0.0, 0.0, seconds)
    tax_now, tax = taxes(closing)
    unit = compiled.physics.unit
    rest = solution.objective - solution.terms["tax"].value(solution.x)
    orders, moved = differing(closing, exact) if exact is not None else (0, 0.0)
    return Side(
        proposal.status.value,
        orders,
        moved,
        tax_now,
        tax,
        rest * unit + tax,
        solution.gap * unit,
        seconds,
    )


def taxes(closing: Closing) -> tuple[float, float]:
    """What the trades add to this year's tax, and that less the value of losses carried on."""
    now = cost = Decimal(0)
    for entity_id in closing.household.tax_entities:
        before, after = (closing.tax(entity_id, after=when) for when in (False, True))
        now += after.tax - before.tax
        cost += after.cost - before.cost
    return float(now), float(cost)


def differing(closing: Closing, other: Closing) -> tuple[int, float]:
    """Orders that are not the same in both, lots included, and the dollars that differ."""
    mine, theirs = _by_lot(closing), _by_lot(other)
    off = {
        key: abs(mine.get(key, Decimal(0)) - theirs.get(key, Decimal(0)))
        for key in mine.keys() | theirs.keys()
    }
    orders = {key[:2] for key, amount in off.items() if amount > DOLLAR}
    return len(orders), float(sum(off.values()))


def _by_lot(closing: Closing) -> dict[tuple[str, str, str], Decimal]:
    """Dollars bought, or of a lot sold (negative)."""
    amounts: dict[tuple[str, str, str], Decimal] = {}
    for trade in closing.trades:
        sold = isinstance(trade, Sale)
        key = (trade.account_id, trade.security_id, trade.lot.id if isinstance(trade, Sale) else "")
        amounts[key] = amounts.get(key, Decimal(0)) + (-trade.amount if sold else trade.amount)
    return amounts


def comparison(found: Sequence[Comparison], form: str) -> str:
    """A line for each household, exact > form, and what it comes to."""
    header = ("household", "value", "orders", "differ by", "tax", "more tax", "lost")
    header = (*header, "bp", "both gaps", "seconds")
    rows = []
    for each in found:
        exact, other = each.sides[EXACT], each.sides[form]
        if not each.both(form):
            rows.append((each.household, dollars(each.value), f"{exact.status} > {other.status}"))
            rows[-1] += ("",) * (len(header) - 3)
            continue
        effect = "" if each.measurable(form) else " ~"
        rows.append(
            (
                each.household,
                dollars(each.value),
                str(other.orders),
                dollars(other.moved),
                f"{dollars(exact.tax)} > {dollars(other.tax)}",
                dollars(other.tax - exact.tax),
                dollars(each.lost(form)) + effect,
                f"{each.lost(form) / each.value * 10_000:.2f}",
                dollars(exact.gap + other.gap),
                f"{exact.seconds:.1f} > {other.seconds:.1f}",
            )
        )
    return (
        f"exact > {form}\n"
        + table(header, rows, "l" + "r" * (len(header) - 1))
        + summary(found, form)
    )


def summary(found: Sequence[Comparison], form: str) -> str:
    """Households whose trades change, dollars of tax and of objective, and time."""
    both = [each for each in found if each.both(form)]
    changed = [each for each in both if each.sides[form].orders]
    told = [each for each in both if each.measurable(form)]
    more = sum(each.sides[form].tax - each.sides[EXACT].tax for each in both)
    now = sum(each.sides[form].tax_now - each.sides[EXACT].tax_now for each in both)
    apart = sum(abs(each.sides[form].tax - each.sides[EXACT].tax) for each in both)
    lost = sum(each.lost(form) for each in both)
    spent = [sum(each.sides[name].seconds for each in both) for name in (form, EXACT)]
    return (
        f"{len(changed)} of {len(both)} households trade otherwise; in {len(told)} that makes a "
        f"difference beyond both gaps (~: no measurable effect).\n"
        f"Tax less the value of losses carried on: {dollars(more)} more in all, {dollars(apart)} "
        f"apart household by household; this year's tax alone {dollars(now)} more.\n"
        f"Lost of the true objective: {dollars(lost)}, of which "
        f"{dollars(sum(each.lost(form) for each in told))} beyond the gaps. "
        f"Time: {spent[0]:.0f} s against {spent[1]:.0f} s, "
        f"{spent[0] / spent[1] if spent[1] else 0.0:.2f} of it.\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    parser.add_argument("--form", action="append", choices=[n for n in FORMS if n != EXACT])
    given = parser.parse_args(arguments)
    forms = given.form or [name for name in FORMS if name != EXACT]
    found: list[Comparison] = []
    with given_book(given) as book:
        inputs = inputs_of(book, given.policies)
        names = inputs.book.household_ids[: given.households]
        households = (inputs.book.household(name) for name in names)
        each = (compared(home, policy_of(inputs, home), forms) for home in households)
        for comparing in counted(each, len(names)):
            found.append(comparing)
            write_json(given.json, [asdict(one) for one in found])
    print("\n".join(comparison(found, form) for form in forms), end="")


if __name__ == "__main__":
    main()
