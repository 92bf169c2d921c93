"""The ledger adds up: for every trade its groups sum to zero, each from its own rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from policydsl.propose import Proposal, propose
from portfolio.book import Book
from solver.ledger import Ledger, read_ledger
from solver.solve import Solution
from tests.by_hand import account, household, lot, policy, usual
from tests.solver.conftest import PolicyOf, shipped_policy

TOLERANCE = 1e-9  # dollars per dollar traded


def traded(solution: Solution) -> np.ndarray:
    """Places in the ledger of the trades whose size the optimum is free to choose."""
    columns = np.array(solution.ledger.columns)
    return np.flatnonzero(np.isin(columns, solution.answer.reduced.columns))


def worst(proposal: Proposal, ledger: Ledger | None = None) -> float:
    assert proposal.solution is not None
    chosen = ledger or proposal.solution.ledger
    return float(np.abs(chosen.residual[traded(proposal.solution)]).max(initial=0))


def check(book: Book, policy_of: PolicyOf) -> int:
    trades = 0
    for name in book.household_ids:
        home = book.household(name)
        proposal = propose(home, policy_of(home))
        if proposal.solution is not None:
            assert worst(proposal) <= TOLERANCE, name
            trades += traded(proposal.solution).size
    return trades


def test_every_trade_of_a_synthetic_book(proposals: dict[str, Proposal]) -> None:
    solved = [each for each in proposals.values() if each.solution is not None]
    assert len(solved) == len(proposals)
    assert all(worst(each) <= TOLERANCE for each in solved)
    assert sum(traded(each.solution).size for each in solved if each.solution) > 100


@pytest.mark.long
@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_every_trade_of_a_real_book(name: str, shared_book: Callable[[str], Book]) -> None:
    book = shared_book(name)
    assert check(book, shipped_policy(book)) > 100


def test_every_rounded_trade_is_in_the_ledger(proposals: dict[str, Proposal]) -> None:
    """What is proposed was free to move, or a bound (a lot exhausted) holds it where it is."""
    for proposal in proposals.values():
        solution = proposal.solution
        assert solution is not None
        places = {column: k for k, column in enumerate(solution.ledger.columns)}
        sold = np.flatnonzero(solution.x[list(places)] > 1e-6)
        assert set(sold) <= set(range(len(places)))
        assert set(traded(solution)) <= set(places.values())


def test_one_corrupted_dual_shows(proposals: dict[str, Proposal]) -> None:
    seen = 0
    for proposal in proposals.values():
        solution, compiled = proposal.solution, proposal.compiled
        assert solution is not None
        assert compiled is not None
        point = solution.answer.point
        touching = abs(solution.program.matrix) @ _mask(solution) > 0
        defining = set(solution.state.rows.tolist())
        for row in [i for i in np.flatnonzero(point.row_dual) if i not in defining]:
            dual = point.row_dual.copy()
            dual[row] *= 1.01
            changed = read_ledger(
                solution.terms, solution.program, solution.state, replace(point, row_dual=dual)
            )
            moved = abs(dual[row] - point.row_dual[row])
            if touching[row] and moved > 1e-6:
                assert worst(proposal, changed) > TOLERANCE, solution.program.row_names[row]
                seen += 1
    assert seen > 10


def _mask(solution: Solution) -> np.ndarray:
    mask = np.zeros(solution.program.cost.size)
    mask[[solution.ledger.columns[k] for k in traded(solution)]] = 1.0
    return mask


def test_each_group_comes_from_its_own_rows(proposals: dict[str, Proposal]) -> None:
    """A statement's group is the change of its own rows, valued at their duals, by hand."""
    for proposal in proposals.values():
        solution = proposal.solution
        assert solution is not None
        program, point, state = solution.program, solution.answer.point, solution.state
        for key, group in solution.ledger.statements.items():
            mine = [i for i, owner in enumerate(program.owners) if owner == key]
            base = state.complete(point.x)
            for k in traded(solution)[:5]:
                x = base.copy()
                x[solution.ledger.columns[k]] += 1.0
                moved = program.matrix[mine] @ (state.complete(x) - base)
                assert group[k] == pytest.approx(-moved @ point.row_dual[mine], abs=1e-9), key


def test_a_price_by_hand() -> None:
    """Cash is short: a dollar more of DDD is a dollar less of CCC, at the same marginal risk."""
    home = household(account("TX", 20_000, lot("a1", "AAA", 100, 4_000)))
    proposal = propose(home, policy(home, "keep cash at least 30% of account"))
    assert proposal.solution is not None
    ledger, program = proposal.solution.ledger, proposal.solution.program
    entries = {
        program.column_names[column]: ledger.entry(column)
        for column in np.array(ledger.columns)[traded(proposal.solution)].tolist()
        if proposal.solution.answer.point.x[column] > 1
    }
    buys = [entry for name, entry in entries.items() if name.startswith("buy")]
    assert len(buys) > 1
    floors = {round(entry["statements"]["r1"], 9) for entry in buys}
    assert len(floors) == 1  # a dollar bought is a dollar of cash, whatever is bought
    assert floors.pop() > 0
    for entry in buys:
        assert -entry["terms"]["risk"] == pytest.approx(entry["statements"]["r1"], abs=1e-8)


def test_a_rule_without_a_dual_is_in_no_ledger() -> None:
    home = usual()
    proposal = propose(home, policy(home, "keep each sector at most 99% of account"))
    assert proposal.solution is not None
    assert all(np.abs(v).max() < 1e-7 for v in proposal.solution.ledger.statements.values())
