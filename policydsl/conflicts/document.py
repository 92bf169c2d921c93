"""A household's conflicts as a part of its proposal's document, and in words for its findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.closing import cents
from compiler.statements import InForce
from policydsl.conflicts.question import Question, left_over
from policydsl.conflicts.relaxations import Change, Relaxation
from policydsl.conflicts.sets import Sets
from policydsl.document import Document, plain
from policydsl.propose import empty_closing
from solver.conflict import ROOM


def conflicts_document(
    question: Question, sets: Sets, found: Sequence[Relaxation], unpaid: Sequence[str]
) -> Document:
    """Sets of rules with the facts that make them clash, and what would do."""
    return {
        "sets": [
            {"rules": list(rules), "statements": _keys(question, rules)} for rules in sets.conflicts
        ],
        "complete": sets.complete,
        "facts": list(_facts(question, sets)),
        "unpaid": list(unpaid),
        "unpaid_without_rules": question.floor > ROOM,
        "relaxations": [
            {
                "changes": [_change(change) for change in relaxation.changes],
                "trades": len(relaxation.proposal.solution.orders),
                "rounding": [breach.message for breach in left_over(relaxation.proposal)],
            }
            for relaxation in found
            if relaxation.proposal.solution is not None
        ],
        "questions": question.asked,
        "solves": question.proposed,
    }


def _keys(question: Question, rules: Sequence[str]) -> list[str]:
    return [scope.statement.key for rule in rules for scope in question.scopes(rule)]


def _facts(question: Question, sets: Sets) -> Iterator[Document]:
    """What of the household each rule of the sets bears on, before any trade."""
    named = {rule for rules in sets.conflicts for rule in rules}
    closing = empty_closing(question.household, question.policy)
    for rule in (rule for rule in question.rules if rule in named):
        for scope in question.scopes(rule):
            for said in scope.directive.stands(scope, closing.seen_by(scope)):
                yield {"statement": scope.statement.key, "says": said}


def _change(change: Change) -> Document:
    statement = change.scope.statement
    return {
        "rule_id": statement.rule_id,
        "statement": statement.key,
        "how": change.how,
        "instead": change.instead,
        "by": None if change.by is None else plain(change.by),
        "not_enough": None if change.not_enough is None else plain(change.not_enough),
        "dollars": plain(cents(change.dollars)),
        "then": [breach.message for breach in change.then],
    }


def conflict_findings(question: Question, sets: Sets, found: Sequence[Relaxation]) -> Iterator[str]:
    """The smallest set and the cheapest change, in a line each."""
    if not sets.conflicts:
        return
    smallest = sets.conflicts[0]
    said = "; ".join(_said(scope) for rule in smallest for scope in question.scopes(rule))
    others = len(sets.conflicts) - 1
    more = f"; {others} more such {'set' if others == 1 else 'sets'}" if others else ""
    head = "cannot be kept together" if len(smallest) > 1 else "cannot be kept"
    yield f"{head}: {said}{more}"
    for relaxation in found[:1]:
        yield f"would do: {'; '.join(change_words(change) for change in relaxation.changes)}"


def _said(scope: InForce) -> str:
    statement = scope.statement
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    return f"{scope.directive.sentence()} ({place})"


def change_words(change: Change) -> str:
    """`keep cash at least 0.4% of account (ipc.cash, ipc/core.policy:18)`."""
    statement = change.scope.statement
    place = f"{statement.rule_id}, {statement.path}:{statement.line}"
    if change.how == "amount":
        return f"{change.instead} ({place})"
    if change.how == "exempt":
        spared = f"${cents(change.dollars):,.2f}"
        return f"{spared} exempt from {change.scope.directive.sentence()} ({place})"
    return f"without {change.scope.directive.sentence()} ({place})"
