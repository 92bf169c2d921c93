"""Can these rules be kept together? Asked of one household, merged and compiled anew each time.

Kept means: nothing gets worse that may not, and nothing that rules or payments ask today is left
undone. What cannot be paid without any rule either is held against none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from compiler.check import TypedPolicies
from compiler.directives.base import Breach
from compiler.edited import rewritten, without
from compiler.exact_check import share_increment
from compiler.layers import Status as Standing
from compiler.layers import fold
from compiler.model import compile_household
from compiler.statements import HouseholdPolicy, InForce, Statement
from policydsl.not_kept import unpaid
from policydsl.propose import Proposal, Status, propose
from portfolio.household import Household
from solver.conflict import ROOM, Undone, left_undone
from solver.search import Budget
from solver.work import Work

Merge = Callable[[TypedPolicies], HouseholdPolicy]
LOST = (Standing.REPLACED, Standing.NARROWED)


QUICK = Budget(
    goal=5.0, flips=1, hulls=1, branchings=1, exchanges=4, neighbourhoods=0, betweens=4,
    risk_searches=1,
)  # fmt: skip
"""What it takes to find trades that keep the rules, cheap ones or not."""


class WorkEndedError(Exception):
    """The household has been asked about as often as it may be."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Rules (ids) that are taken out, and statements in place of those of their keys."""

    out: frozenset[str] = frozenset()
    instead: Mapping[str, Statement] = field(default_factory=dict)

    def also(self, statement: Statement) -> Edit:
        return replace(self, instead={**self.instead, statement.key: statement})

    def beyond(self, rules: Collection[str]) -> Edit:
        return replace(self, out=self.out | frozenset(rules))


@dataclass
class Question:
    """One household before its policies. `asked` counts questions, each a merge and a model, of
    which there may be `most`."""

    household: Household
    typed: TypedPolicies
    merge: Merge
    most: int
    asked: int = 0
    proposed: int = 0
    _left: dict[frozenset[str], float] = field(default_factory=dict)

    @cached_property
    def policy(self) -> HouseholdPolicy:
        """What holds today."""
        return self.merge(self.typed)

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The rules that hold, and those that would if another did not, highest layer first."""
        found = {scope.statement.rule_id: scope.statement for scope in self.policy.statements}
        for account in self.household.accounts:
            for each in fold(self.typed, self.household, account).standings:
                if each.status in LOST:
                    found.setdefault(each.statement.rule_id, each.statement)
        ranked = sorted(found.items(), key=lambda item: (item[1].authority.rank, item[0]))
        return tuple(rule for rule, _ in ranked)

    def scopes(self, rule_id: str) -> list[InForce]:
        """What a rule says that holds today, but for what is soft."""
        return [
            scope
            for scope in self.policy.statements
            if scope.statement.rule_id == rule_id and scope.statement.soft is None
        ]

    @cached_property
    def floor(self) -> float:
        """What is left undone without any rule (bp)."""
        return self._undone(Edit(frozenset(self.rules))).found

    def together(self, rules: Collection[str]) -> bool:
        """Whether these rules can be kept, with no other. Raises WorkEndedError."""
        chosen = frozenset(rules)
        if chosen not in self._left:
            self._left[chosen] = self.left(Edit(frozenset(self.rules) - chosen))
        return self._left[chosen] <= ROOM

    def left(self, edit: Edit) -> float:
        """What is left undone, beyond what would be without any rule (bp); infinite where the
        edited policy stops an account. Raises WorkEndedError."""
        if self.asked >= self.most:
            raise WorkEndedError
        self.asked += 1
        undone = self._undone(edit)
        left = undone.found if undone.least <= ROOM else undone.least
        return max(0.0, left - self.floor)

    def _undone(self, edit: Edit) -> Undone:
        policy = self.merge(self.edited(edit))
        if policy.held.keys() - self.policy.held.keys():
            return Undone(np.inf, np.inf)
        return left_undone(compile_household(self.household, policy), QUICK, Work())

    def edited(self, edit: Edit) -> TypedPolicies:
        """The policies as an edit leaves them."""
        return without(rewritten(self.typed, edit.instead), edit.out)

    def answer(self, edit: Edit) -> Proposal:
        """The household's proposal under edited policies: solved, rounded and checked like any."""
        self.proposed += 1
        return propose(self.household, self.merge(self.edited(edit)), QUICK)

    def all_done(self, proposal: Proposal) -> bool:
        """Whether its trades keep everything, in decimals; or, where the solve before rounding
        does, all but what is less than a share."""
        if proposal.status not in (Status.PROPOSED, Status.NO_ACTION) or proposal.closing is None:
            return False
        paid = self.floor > ROOM or not unpaid(proposal.policy, proposal.closing)
        if not paid or proposal.policy.held.keys() - self.policy.held.keys():
            return False
        assert proposal.solution is not None
        left = list(left_over(proposal))
        rounding = proposal.solution.still_broken <= ROOM and _less_than_a_share(proposal, left)
        return not left or rounding


def left_over(proposal: Proposal) -> Iterator[Breach]:
    """What hard statements ask today and the trades leave undone, payments apart."""
    assert proposal.closing is not None
    assert proposal.compiled is not None
    cured = {cure.key for cure in proposal.compiled.physics.cures}
    for scope in proposal.policy.statements:
        if scope.statement.key in cured and scope.directive.kind != "payment":
            seen = proposal.closing.seen_by(scope)
            yield from scope.directive.breaches(replace(scope, strict=True), seen)


def _less_than_a_share(proposal: Proposal, left: Sequence[Breach]) -> bool:
    """Whether each breach is one of dollars, and less than the smallest order of the dearest
    security that the household holds or may buy."""
    closing = proposal.closing
    assert closing is not None
    names = {(a.id, lot.security_id) for a in closing.household.accounts for lot in a.lots}
    names |= {(account, name) for account, target in closing.targets.items() for name in target}
    share = max(
        (
            share_increment(closing, closing.account(account), name)
            * closing.household.prices[name]
            for account, name in names
        ),
        default=Decimal(0),
    )
    return all(b.unit == "dollars" and abs(b.found - b.bound) <= share for b in left)
