"""One rebalancing step by cvxportfolio and by us, where the problem is common to both.

    python -m bench.one_step                    invented accounts of 100, 500 and 1,500 stocks
    python -m bench.one_step BOOK [POLICIES]    the accounts of a book of yours that are fit for it

`--households N` takes the first N households, `--json FILE` writes the figures, `--results` all to
bench/results. cvxportfolio comes with `pip install -e '.[bench]'`.

Common to both: one account without tax, today's holdings and cash, long only, and least risk
aversion x tracking variance + linear cost of trading, with the same factor model, target, cost and
accuracy. Of a household its largest account is taken that holds and follows nothing that is seen
through. Lots, tax, rules, orders of least size and shares are ours alone, so `relaxed` leaves them
out: build, hand-over and optimum. `whole` is from the account to trades in shares that passed the
exact check, `optimum` the optimum alone, once the arrays are there. cvxportfolio's time is that of
policy and first execution, as one who rebalances once a day pays it. It pays costs after the step,
so its cash may be `off` below zero by them: bp of value. `over` is the objective above the least
one of the sides that are not off, in bp of value.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.installed import installed
from bench.invented_sizes import with_lots
from bench.over_a_book import QUARTER_END, book_arguments, counted, inputs_of
from bench.picture import picture
from bench.results import publish, results_argument, surroundings, surroundings_line
from compiler.assumptions import assumptions_for
from compiler.model import CompiledModel, compile_household
from compiler.statements import HouseholdPolicy
from policydsl.inputs import Inputs, policy_of
from policydsl.memory import collector_off
from policydsl.propose import empty_closing, propose
from policydsl.tables import table
from portfolio.household import Account, Household
from portfolio.synth import synthesise
from solver.handover import Program, hand_over
from solver.interior import ACCURACY
from solver.quadratic import solve_quadratic
from solver.reduce import reduce
from solver.structure import Structure, read_structure
from solver.work import Work

cvx: Any = installed("cvxportfolio")
pd: Any = installed("pandas")

PACKAGES = ("cvxportfolio", "cvxpy")
PEER = "cvxportfolio"
SIZES = (100, 500, 1_500)
BP = 10_000.0
KEPT = 1e-4  # bp: further off is no answer
UNTAXED = "roth_ira"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Step:
    """The common problem. By security: weights held today and wanted, loadings (rows) and specific
    variances; `cost` of a dollar traded; `aversion` is that of the whole horizon."""

    account: str
    names: tuple[str, ...]
    held: Floats
    cash: float
    target: Floats
    loadings: Floats
    specific: Floats
    cost: float
    aversion: float

    def objective(self, trades: Floats) -> float:
        """Of trades as fractions of value, bp."""
        active = self.held + trades - self.target
        factor = self.loadings.T @ active
        risk = float(factor @ factor + self.specific @ (active * active))
        return BP * (self.cost * float(np.abs(trades).sum()) + self.aversion * risk)

    def off(self, trades: Floats) -> float:
        """How far a holding, or the cash that is left once costs are paid, is below zero, bp."""
        cash = self.cash - float(trades.sum()) - self.cost * float(np.abs(trades).sum())
        return BP * max(0.0, -cash, -float(np.min(self.held + trades)))


@dataclass(frozen=True, slots=True)
class Figures:
    """One side on one account: seconds; objective and `off` in bp of value."""

    account: str
    names: int
    side: str
    seconds: float
    objective: float
    off: float


def alone(household: Household, account: Account) -> Household:
    """The account by itself, free of tax, one lot a position, all cash settled, nothing due."""
    cash = account.cash + account.unsettled_cash
    own = replace(account, type=UNTAXED, cash=cash, unsettled_cash=Decimal(0))
    stripped = replace(
        household,
        accounts=(own,),
        management="separate",
        flows=(),
        wash_blocks=(),
        set_aside=(),
        to_raise={},
        linked_lots=(),
        past_sales=(),
        past_trades=(),
    )
    return with_lots(stripped, 1)


def fit(household: Household) -> Account | None:
    """Its largest account that holds and follows nothing that is seen through."""

    def plain(account: Account) -> bool:
        model = household.models.get(account.model_id)
        names = {lot.security_id for lot in account.lots} | set(model.weights if model else ())
        return bool(account.lots) and model is not None and not names & set(household.constituents)

    some = [each for each in household.accounts if plain(each) and not each.held_away]
    return max(some, key=household.value, default=None)


def assumed_only(policy: HouseholdPolicy) -> HouseholdPolicy:
    """The policy without any rule: what the objective takes for granted alone."""
    kept = tuple(s for s in policy.statements if s.directive.kind == "assumption")
    return replace(policy, statements=kept, notes=(), remarks=(), later=(), held={})


def step_of(household: Household, policy: HouseholdPolicy) -> Step:
    """The common problem in arrays. `policy` has no rules, so the target is the model."""
    (account,) = household.accounts
    value = float(household.value(account))
    closing = empty_closing(household, policy)
    target = closing.targets[account.id]
    worth: dict[str, float] = {}
    for lot in account.lots:
        amount = float(lot.shares * household.prices[lot.security_id])
        worth[lot.security_id] = worth.get(lot.security_id, 0.0) + amount
    names = tuple(sorted(worth.keys() | target.keys()))
    rows = [household.risk.securities.index(name) for name in names]
    assumed = assumptions_for(policy, account.id)
    return Step(
        account=f"{household.id} {account.id}",
        names=names,
        held=np.array([worth.get(name, 0.0) / value for name in names]),
        cash=float(account.cash) / value,
        target=np.array([float(target.get(name, 0)) for name in names]),
        loadings=household.risk.loadings[rows],
        specific=household.risk.specific[rows],
        cost=assumed.trading_cost,
        aversion=assumed.horizon * assumed.risk_aversion,
    )


def by_cvxportfolio(step: Step) -> Floats:
    """Its single-period policy, executed once on weights; trades as fractions of value."""
    universe = [*step.names, "cash"]
    weights = pd.Series([*step.held, step.cash], universe)
    target = pd.Series([*step.target, 1.0 - step.target.sum()], universe)
    assets = universe[:-1]
    factors = pd.DataFrame(step.loadings.T, columns=assets)
    risk = cvx.FactorModelCovariance(F=factors, d=pd.Series(step.specific, assets))
    policy = cvx.SinglePeriodOptimization(
        -step.aversion * risk - cvx.TransactionCost(a=step.cost, b=None),
        [cvx.LongOnly(applies_to_cash=True)],
        include_cash_return=False,
        benchmark=cvx.FixedWeights(target),
        solver="CLARABEL",
        tol_gap_abs=ACCURACY,
        tol_gap_rel=ACCURACY,
        tol_feas=ACCURACY,
    )
    trades, _, _ = policy.execute(weights, market_data=None, t=pd.Timestamp("2026-03-31"))
    found: Floats = trades[assets].to_numpy(dtype=float)
    return found


class Handed(NamedTuple):
    """Our model of the account and its arrays."""

    compiled: CompiledModel
    program: Program
    structure: Structure


def handed(household: Household, policy: HouseholdPolicy) -> Handed:
    """The model built and handed over."""
    compiled = compile_household(household, policy)
    program = hand_over(compiled)
    return Handed(compiled, program, read_structure(compiled, program))


def optimum(model: Handed, step: Step) -> Floats:
    """Our own optimum without binaries and shares."""
    program = model.program
    point = solve_quadratic(reduce(program, {}, model.structure.mode_rows), Work())
    if point is None:
        raise SystemExit(f"{step.account}: the relaxation has no answer")
    found = dict.fromkeys(step.names, 0.0)
    for position in model.compiled.physics.positions.values():
        columns = list(position.sells)
        bought = 0.0 if position.buy is None else float(point.x[position.buy])
        found[position.security_id] += (bought - float(point.x[columns].sum())) / BP
    return np.array(list(found.values()))


def whole(household: Household, policy: HouseholdPolicy, step: Step) -> Floats:
    """Our trades in shares, checked."""
    closing = propose(household, policy).closing
    if closing is None:
        raise SystemExit(f"{household.id}: nothing is proposed")
    (account,) = household.accounts
    value = float(household.value(account))
    after = (
        closing.shares_after.get((account.id, name), Decimal(0)) * household.prices[name]
        for name in step.names
    )
    return np.array([float(each) / value for each in after]) - step.held


def measured(inputs: Inputs, household_id: str) -> list[Figures]:
    """All sides on one household; none where no account is fit."""
    household = inputs.book.household(household_id)
    account = fit(household)
    if account is None:
        return []
    household = alone(household, account)
    policy = assumed_only(policy_of(inputs, household))
    step = step_of(household, policy)
    model = handed(household, policy)
    sides = {
        "ours, optimum": lambda: optimum(model, step),
        "ours, relaxed": lambda: optimum(handed(household, policy), step),
        "ours, whole": lambda: whole(household, policy, step),
    }
    if cvx is not None:
        sides[PEER] = lambda: by_cvxportfolio(step)
    found = []
    for side, solve in sides.items():
        with collector_off():
            started = time.perf_counter()
            trades = solve()
            seconds = time.perf_counter() - started
        objective, off = step.objective(trades), step.off(trades)
        found.append(Figures(step.account, len(step.names), side, seconds, objective, off))
    return found


def step_table(found: Sequence[Figures]) -> str:
    """A line for each account and side."""
    rows = []
    for each in found:
        same = [e for e in found if (e.account, e.names) == (each.account, each.names)]
        least = min((e.objective for e in same if e.off <= KEPT), default=float("nan"))
        ratio = next((each.seconds / e.seconds for e in same if e.side == PEER), None)
        rows.append(
            (
                each.account,
                f"{each.names:,}",
                each.side,
                f"{each.seconds:.3f}",
                "-" if ratio is None else f"{ratio:.2f}",
                f"{each.objective:.5f}",
                f"{each.objective - least:.5f}",
                f"{each.off:.5f}",
            )
        )
    header = ("account", "names", "side", "s", "times theirs", "objective, bp", "over, bp", "off")
    return table(header, rows, "lrlrrrrr")


def drawn(found: Sequence[Figures]) -> str:
    """Seconds against names, one colour a side."""
    sides = dict.fromkeys(each.side for each in found)
    series = {side: [(e.names, e.seconds) for e in found if e.side == side] for side in sides}
    return picture("One rebalancing step", "names", "seconds", series)


def _invented(policies: Path) -> Iterator[list[Figures]]:
    with tempfile.TemporaryDirectory() as away:
        for size in SIZES:
            book = Path(away) / str(size)
            synthesise(book, households=1, securities=size, seed=1, as_of=QUARTER_END)
            inputs = inputs_of(book, policies)
            yield measured(inputs, inputs.book.household_ids[0])


def _of_book(inputs: Inputs, ids: Sequence[str]) -> Iterator[list[Figures]]:
    for household_id in ids:
        yield measured(inputs, household_id)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = book_arguments(__doc__)
    results_argument(parser)
    given = parser.parse_args(arguments)
    around = surroundings(PACKAGES)
    if given.book is None:
        some, total = _invented(given.policies), len(SIZES)
    else:
        inputs = inputs_of(given.book, given.policies)
        ids = inputs.book.household_ids[: given.households]
        some, total = _of_book(inputs, ids), len(ids)
    found = [figures for each in counted(some, total) for figures in each]
    text = f"{step_table(found)}\n{surroundings_line(around)}"
    if cvx is None:
        text += "not installed, and left out: cvxportfolio\n"
    document = {"surroundings": around, "steps": [asdict(each) for each in found]}
    publish(given, "one_step", document, text, drawn(found))


if __name__ == "__main__":
    main()
