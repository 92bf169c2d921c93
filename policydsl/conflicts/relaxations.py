"""What would do: the least changes of rules after which a household keeps everything.

Each is in the rules' own units and has been tried: the household is merged, compiled, solved,
rounded and checked with it. Rules of low authority give way before those of high authority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Literal

from compiler.directives.base import Breach, Dial
from compiler.statements import InForce, Statement
from policydsl.conflicts.question import Edit, Question, WorkEndedError
from policydsl.conflicts.turning import NEAR, Turn, least_turn, stepped
from policydsl.propose import Proposal
from solver.conflict import ROOM

ROOMS = ((0, 0), (1, 0), (4, 0), (0, 2), (0, 6), (0, 16), (0, 50))
"""Turns more, in steps and in fiftieths of the turn, for shares that come in whole steps."""
MOST_WAYS = 8
FIRST = 0
"""A priority before all that policies may name, so that the exempt is the least there can be."""
How = Literal["amount", "exempt", "without"]


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that gives way: by another amount, for as many dollars as its trades need, or
    altogether.

    `instead` says the statement with the amount that will do; `not_enough` is a turn, in the
    amount's own unit, that leaves something undone. `then` are places beyond the rule as it stands,
    after the trades that have been found with it.
    """

    scope: InForce
    how: How
    instead: str | None = None
    by: Decimal | None = None
    not_enough: Decimal | None = None
    then: tuple[Breach, ...] = ()

    @property
    def dollars(self) -> Decimal:
        """How far beyond the rule as it stands, for what is measured in dollars."""
        found = (abs(b.found - b.bound) for b in self.then if b.unit == "dollars")
        return sum(found, Decimal(0))


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Changes that do together, and the proposal they have been tried by."""

    changes: tuple[Change, ...]
    proposal: Proposal


def relaxations(question: Question, ways_out: Sequence[Sequence[str]]) -> tuple[Relaxation, ...]:
    """What would do, one for each way out, the cheapest first and those of high authority last."""
    ranks = {rule: scope.statement.authority.rank for rule, scope in _first_scopes(question)}
    ways = [way for way in ways_out if all(rule in ranks for rule in way)]
    ways.sort(key=lambda way: (-min(ranks[rule] for rule in way), len(way)))
    found: list[tuple[tuple[int, int, Decimal], Relaxation]] = []
    try:
        for way in ways[:MOST_WAYS]:
            relaxation = _relaxed(question, sorted(way, key=lambda rule: (ranks[rule], rule)))
            if relaxation is not None:
                cost = sum((change.dollars for change in relaxation.changes), Decimal(0))
                key = -min(ranks[rule] for rule in way), len(way), cost
                found.append((key, relaxation))
    except WorkEndedError:
        pass
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))


def _first_scopes(question: Question) -> Iterator[tuple[str, InForce]]:
    for rule in question.rules:
        for scope in question.scopes(rule)[:1]:
            yield rule, scope


def _relaxed(question: Question, way: Sequence[str]) -> Relaxation | None:
    """The least changes of rules that have to give way together, those of the highest first: what
    one asks less, the next has to give more."""
    edit, drafts = Edit(), []
    for number, rule in enumerate(way):
        draft = _least_change(question, rule, edit.beyond(way[number + 1 :]))
        drafts.append(draft)
        edit = draft.made(edit)
    tried = [[draft.with_room(steps, parts) for draft in drafts] for steps, parts in ROOMS]
    if not any(draft.turn for draft in drafts):
        del tried[1:]
    if any(draft.soft for draft in drafts):
        # The least that has to be exempt is harder to find than trades without the rule.
        tried.append([replace(draft, soft=False) for draft in tried[-1]])
    for made in tried:
        edit = Edit()
        for draft in made:
            edit = draft.made(edit)
        proposal = question.answer(edit)
        if question.all_done(proposal):
            return Relaxation(tuple(draft.change(proposal) for draft in made), proposal)
    return None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A change before it has been tried: by a turn of a dial, by softness, or altogether."""

    scopes: tuple[InForce, ...]
    dial: Dial | None = None
    turn: Turn | None = None
    soft: bool = False

    @property
    def statement(self) -> Statement:
        return self.scopes[0].statement

    def with_room(self, steps: int, parts: int) -> _Draft:
        """The draft with its amount turned further, for rounding."""
        if self.turn is None or self.dial is None:
            return self
        more = stepped(parts * NEAR * self.turn.by, self.dial.step) + steps * self.dial.step
        return replace(self, turn=replace(self.turn, by=self.turn.by + more))

    def made(self, edit: Edit) -> Edit:
        """The edit with this change too."""
        if self.turn is not None and self.dial is not None:
            return edit.also(_turned(self.statement, self.dial, self.turn.by))
        if self.soft:
            return edit.also(replace(self.statement, soft=FIRST))
        return edit.beyond([self.statement.rule_id])

    def change(self, proposal: Proposal) -> Change:
        """What it comes to in the trades that were found with it."""
        assert proposal.closing is not None
        closing = proposal.closing
        then = tuple(
            breach
            for scope in self.scopes
            for breach in scope.directive.breaches(
                replace(scope, strict=True), closing.seen_by(scope)
            )
        )
        if self.turn is None or self.dial is None:
            return Change(self.scopes[0], "exempt" if self.soft else "without", then=then)
        turned = _turned(self.statement, self.dial, self.turn.by)
        said, by = turned.directive.sentence(), self.turn.by
        return Change(self.scopes[0], "amount", said, by, self.turn.not_enough, then)


def _least_change(question: Question, rule: str, edit: Edit) -> _Draft:
    """The least change of one rule under an edit; the whole of it where nothing less will do."""
    scopes = tuple(question.scopes(rule))
    for scope in scopes:
        statement = scope.statement
        for dial in scope.directive.dials:
            turn = least_turn(
                dial, scope.directive.size(dial), partial(_left, question, edit, statement, dial)
            )
            if turn is not None:
                return _Draft((scope,), dial, turn)
    for scope in scopes:
        if scope.directive.may_be_soft:
            softer = edit.also(replace(scope.statement, soft=FIRST))
            if question.left(softer) <= ROOM:
                return _Draft((scope,), soft=True)
    return _Draft(scopes)


def _left(question: Question, edit: Edit, statement: Statement, dial: Dial, by: Decimal) -> float:
    return question.left(edit.also(_turned(statement, dial, by)))


def _turned(statement: Statement, dial: Dial, by: Decimal) -> Statement:
    return replace(statement, directive=statement.directive.turned(dial, by))
