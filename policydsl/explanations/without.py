"""A run's inputs without one rule and all that hangs on it: as if its lines were not in the files.

What hangs on a rule is what names it: values chosen for it (`set`) and waivers. The statements that
are left are read and merged anew, so that what had lost its place to the rule has it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.check import TypedPolicies, check_policies
from compiler.layers import fold
from compiler.policyset import LoadedFile, PolicySet
from grammar import tree
from grammar.diagnostics import Diagnostic
from grammar.spans import Span, rows
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.inputs import Inputs
from portfolio.household import Household


@dataclass(frozen=True, slots=True)
class Removed:
    """Lines that are taken out: what they are, where they stand, and the first of them."""

    what: str
    file: str
    line: int
    end_line: int
    text: str


def without_rule(inputs: Inputs, rule_id: str) -> tuple[Inputs, tuple[Removed, ...]]:
    """The inputs without a rule, default or note, and what was taken out; nothing is where no file
    has the rule."""
    policies, removed = _without(inputs.policies, rule_id)
    return _with_policies(inputs, policies), removed


@dataclass(frozen=True, slots=True)
class WaiverOf:
    """A waiver of a rule that reaches a household: its days, where it stands, whether it holds or
    has ended."""

    file: str
    line: int
    starts: str | None
    ends: str | None
    holds: bool
    ended: bool
    because: str
    approved_by: str


def waivers_of(typed: TypedPolicies, household: Household, rule_id: str) -> tuple[WaiverOf, ...]:
    """The waivers of a rule for any account of a household, those that have ended too."""
    found = {
        (standing.waiver.span.path, standing.waiver.span.line): standing
        for account in household.accounts
        for standing in fold(typed, household, account).waivers
        if standing.waiver.rule_id == rule_id
    }
    return tuple(
        WaiverOf(
            file,
            line,
            None if each.waiver.starts is None else each.waiver.starts.isoformat(),
            None if each.waiver.ends is None else each.waiver.ends.isoformat(),
            not each.causes,
            each.waiver.ends is not None and each.waiver.ends < household.as_of,
            each.waiver.reason,
            each.waiver.approver,
        )
        for (file, line), each in sorted(found.items())
    )


def with_rule_hard(inputs: Inputs, rule_id: str) -> Inputs:
    """The inputs with a soft rule as if its `soft priority` were not written."""
    files = []
    for file in inputs.policies.files:
        statements = tuple(
            replace(each, clauses=tuple(c for c in each.clauses if not isinstance(c, tree.Soft)))
            if isinstance(each, tree.Rule) and each.id.value == rule_id
            else each
            for each in file.tree.statements
        )
        files.append(replace(file, tree=replace(file.tree, statements=statements)))
    return _with_policies(inputs, replace(inputs.policies, files=tuple(files)))


def _with_policies(inputs: Inputs, policies: PolicySet) -> Inputs:
    attributes, known = inputs.book.attributes, known_securities(inputs.book)
    typed = check_policies(policies, attributes, known, inputs.book.as_of)
    book = with_chosen_models(inputs.book, typed)
    return replace(inputs, book=book, policies=policies, typed=typed, seconds={})


def lines_of(policies: PolicySet, rule_id: str) -> tuple[Removed, ...]:
    """A rule and what hangs on it, by file and line."""
    return _without(policies, rule_id)[1]


def _without(policies: PolicySet, rule_id: str) -> tuple[PolicySet, tuple[Removed, ...]]:
    files, removed, gone = [], [], []
    for file in policies.files:
        named = [each for each in file.tree.statements if _names(each, rule_id)]
        gone += [each.span for each in named]
        removed += [_removed(file, each) for each in named]
        kept = tuple(each for each in file.tree.statements if each not in named)
        files.append(replace(file, tree=replace(file.tree, statements=kept)) if named else file)
    found = tuple(each for each in policies.diagnostics if not _of(each, gone))
    ordered = sorted(removed, key=lambda each: (each.file, each.line))
    return replace(policies, files=tuple(files), diagnostics=found), tuple(ordered)


def _names(statement: tree.Statement, rule_id: str) -> bool:
    if isinstance(statement, tree.Rule | tree.Set | tree.Waive):
        return statement.id.value == rule_id
    return False


def _removed(file: LoadedFile, statement: tree.Statement) -> Removed:
    span = statement.span
    return Removed(
        _what(statement), file.path, span.line, span.end_line, rows(file.text)[span.line - 1]
    )


def _what(statement: tree.Statement) -> str:
    if isinstance(statement, tree.Rule):
        return "default" if statement.is_default else "note" if statement.is_note else "rule"
    return "set" if isinstance(statement, tree.Set) else "waive"


def _of(diagnostic: Diagnostic, gone: list[Span]) -> bool:
    """Whether a finding is about lines that are no longer there."""
    at = diagnostic.primary.span
    return any(at.path == span.path and span.line <= at.line <= span.end_line for span in gone)
