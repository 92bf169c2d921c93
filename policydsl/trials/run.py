"""One case of a test through the real pipeline: check, merge, compile, solve, exact check."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from compiler.attributes import Vocabulary
from compiler.check import TypedPolicies, check_policies
from compiler.closing import Closing
from compiler.layers import AccountPolicy, fold
from compiler.lists import load_lists
from compiler.policyset import LoadedFile, PolicySet, load_policies
from compiler.reader import did_you_mean
from grammar import tree, trial
from grammar.diagnostics import Diagnostic, in_order
from grammar.parse import parse_bytes
from grammar.parse_tests import parse_givens_bytes
from grammar.source import decode
from grammar.spans import Span
from policydsl.carried import Carried
from policydsl.chosen import with_chosen_models
from policydsl.inputs import Inputs, policy_of
from policydsl.propose import Proposal, Status, empty_closing
from policydsl.rebalance import proposals_of
from policydsl.trials.cases import Case
from policydsl.trials.defaults import TODAY, complete
from policydsl.trials.facts import LineError, cannot, day
from policydsl.trials.givens import Row, Stated, state
from policydsl.trials.suite import Suite
from portfolio.book.attributes import DERIVED
from portfolio.book.draft import Notes
from portfolio.book.files import read_folder
from portfolio.book.load import Book, load_book
from portfolio.book.stated import stated_book
from portfolio.findings import Finding
from portfolio.household import Account, Attribute, Household

GIVENS = ".given"
"""The ending of files of nothing but `given` lines."""


@dataclass
class Bench:
    """A policy set under test. What several tests need is read and checked once. `as_of` is the day
    of tests that do not give one."""

    folder: Path
    as_of: date | None = None
    _typed: dict[object, TypedPolicies] = field(default_factory=dict)
    _books: dict[Path, tuple[dict[str, list[Row]], tuple[Attribute, ...]]] = field(
        default_factory=dict
    )

    @cached_property
    def policies(self) -> PolicySet:
        return load_policies(self.folder)

    @cached_property
    def declared(self) -> tuple[Attribute, ...]:
        return tuple(each.attribute for each in self.policies.declared)

    @cached_property
    def alone(self) -> TypedPolicies:
        """The set as it stands, on no day in particular."""
        return check_policies(self.policies, self.declared)

    def with_files(self, paths: Iterable[Path]) -> PolicySet:
        """The set with more files; those it has already are left out."""
        known = {(self.folder / file.path).resolve() for file in self.policies.files}
        policies = self.policies
        for path in paths:
            if path.resolve() not in known:
                known.add(path.resolve())
                policies = _with_file(policies, path)
        return policies

    def typed(
        self, extra: tuple[Path, ...], attributes: tuple[Attribute, ...], today: date
    ) -> TypedPolicies:
        """The set with files added, checked for one day."""
        key = extra, attributes, today
        if key not in self._typed:
            policies = self.with_files(extra)
            self._typed[key] = check_policies(policies, attributes, None, today)
        return self._typed[key]

    def book_rows(self, folder: Path) -> tuple[dict[str, list[Row]], tuple[Attribute, ...]]:
        """The tables of a book on disk, row by row, and the attributes that it brings."""
        if folder not in self._books:
            read = read_folder(folder, Notes())
            tables = {
                name: [
                    Row(dict(zip(table.columns, cells, strict=True)))
                    for cells in zip(*map(table.texts, table.columns), strict=True)
                ]
                for name, table in read.tables.items()
            }
            found = [replace(each, values=frozenset()) for each in load_book(folder).attributes]
            self._books[folder] = tables, tuple(found)
        tables, attributes = self._books[folder]
        rows = {
            name: [Row(dict(row.cells), row.span) for row in rows] for name, rows in tables.items()
        }
        return rows, attributes


def _with_file(policies: PolicySet, path: Path) -> PolicySet:
    data = path.read_bytes()
    name = str(path)
    parsed, found = parse_bytes(data, name)
    added = LoadedFile(name, decode(data, name)[0], hashlib.sha256(data).hexdigest(), parsed)
    return replace(
        policies,
        files=(*policies.files, added),
        diagnostics=(*policies.diagnostics, *found),
        lists={**policies.lists, **load_lists(path.parent, [parsed])},
    )


@dataclass(frozen=True)
class Ran:
    """A case and what came of it. `merged` is the fold of every account."""

    case: Case
    inputs: Inputs
    proposals: tuple[Proposal, ...]
    merged: tuple[tuple[Household, AccountPolicy], ...]

    @property
    def typed(self) -> TypedPolicies:
        return self.inputs.typed

    @property
    def today(self) -> date:
        return self.inputs.book.as_of

    @cached_property
    def closings(self) -> tuple[Closing, ...]:
        """Every household after its trades; as it was where none are proposed."""
        return tuple(
            each.closing or empty_closing(each.household, each.policy) for each in self.proposals
        )

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is found in the policies, and in merging them for these accounts."""
        found = [*self.typed.diagnostics]
        for _, policy in self.merged:
            found += (clash.diagnostic for clash in policy.clashes)
            found += (each.found for each in policy.waivers if each.found is not None)
        return in_order(dict.fromkeys(found))

    @property
    def accounts(self) -> tuple[tuple[Household, Account], ...]:
        return tuple((household, policy.account) for household, policy in self.merged)


def run(case: Case, suite: Suite, bench: Bench) -> Ran:
    """Build the household of a case and propose its trades. Raises LineError where a line of the
    test cannot be acted on."""
    case = replace(case, given=(*_shared(case, suite), *case.given))
    today = _today(case, bench)
    stated, attributes = _begin(case, suite, bench, today)
    extra = tuple(
        _beside(line.policy, suite, bench)
        for line in case.given
        if isinstance(line, trial.GivenPolicy)
    )
    stated.owners = _owners(extra, bench)
    state(case.given, stated)
    if not stated.rows("accounts"):
        stated.row("accounts", None, case.test.head)
    book = _book(stated, attributes)
    _refuse(book, stated, case)
    typed = bench.typed(extra, attributes, today)
    book = with_chosen_models(book, typed)
    inputs = Inputs(book, suite.path.parent, bench.with_files(extra), bench.folder, typed, {})
    return proposed(case, replace(inputs, carried=_carried(case, inputs)))


def _carried(case: Case, inputs: Inputs) -> Carried:
    """What earlier runs are said to have seen: every place that lies outside a rule today has done
    so since the day given."""
    lines = [line for line in case.given if isinstance(line, trial.GivenBroken)]
    if not lines:
        return Carried()
    days = {line.rule.value: day(line.since, inputs.book.as_of) for line in lines}
    rules = {statement.rule_id for statement in inputs.typed.statements}
    for line in lines:
        if line.rule.value not in rules:
            help = did_you_mean(line.rule.value, rules)
            raise cannot(line.rule.span, f"there is no rule `{line.rule.value}`", help=help)
    since: dict[str, dict[str, dict[str, date]]] = {}
    for name in inputs.book.household_ids:
        household = inputs.book.household(name)
        policy = policy_of(inputs, household)
        closing = empty_closing(household, policy)
        for scope in policy.statements:
            if scope.statement.rule_id in days:
                outside = scope.directive.outside(scope, closing)
                places = {where: days[scope.statement.rule_id] for where, _ in outside}
                since.setdefault(name, {})[scope.statement.key] = places
    return Carried(since)


def proposed(case: Case, inputs: Inputs) -> Ran:
    """Merge and propose for every household of a book."""
    households = [inputs.book.household(name) for name in inputs.book.household_ids]
    return Ran(
        case,
        inputs,
        proposals_of(inputs, inputs.book.household_ids),
        tuple(
            (household, fold(inputs.typed, household, account))
            for household in households
            for account in household.accounts
        ),
    )


def _books(case: Case) -> list[trial.GivenBook]:
    return [line for line in case.given if isinstance(line, trial.GivenBook)]


def _shared(case: Case, suite: Suite) -> tuple[trial.Given, ...]:
    """The lines of the files of `given` lines that a test begins from."""
    found: tuple[trial.Given, ...] = ()
    for line in _books(case):
        path = suite.path.parent / line.book.value
        if (path / "book.toml").is_file():
            continue
        path = path.with_name(path.name + GIVENS)
        if not path.is_file():
            raise cannot(
                line.book.span,
                f'there is no book "{line.book.value}" beside this file',
                f"neither a folder with a book.toml nor a file {path.name}",
            )
        lines, mistakes = parse_givens_bytes(path.read_bytes(), str(path))
        for mistake in mistakes:
            raise LineError(mistake)
        found += tuple(each for each in lines if not isinstance(each, trial.GivenBook))
    return found


def _today(case: Case, bench: Bench) -> date:
    usual = bench.as_of or bench.policies.tests.today or TODAY
    named = [line for line in case.given if isinstance(line, trial.GivenToday)]
    return day(named[-1].day, usual) if named else usual


def _begin(
    case: Case, suite: Suite, bench: Bench, today: date
) -> tuple[Stated, tuple[Attribute, ...]]:
    """The tables a test begins from, and every attribute its policies may name."""
    folders = [suite.path.parent / line.book.value for line in _books(case)]
    books = [folder for folder in folders if (folder / "book.toml").is_file()]
    tables: dict[str, list[Row]] = {}
    attributes = bench.declared
    for folder in books:
        tables, found = bench.book_rows(folder)
        named = {(each.table, each.name) for each in found}
        attributes = (
            *found,
            *(each for each in bench.declared if (each.table, each.name) not in named),
        )
    stated = Stated(today, Vocabulary(attributes), tables, from_book=bool(books))
    return stated, attributes


def _beside(name: tree.Text, suite: Suite, bench: Bench) -> Path:
    for folder in (suite.path.parent, bench.folder):
        if (folder / name.value).is_file():
            return folder / name.value
    raise cannot(
        name.span,
        f'there is no policy file "{name.value}"',
        f"neither in {suite.path.parent} nor in {bench.folder}",
    )


def _owners(paths: Iterable[Path], bench: Bench) -> dict[str, str]:
    """Whom policy files speak for, by layer."""
    found: dict[str, str] = {}
    shown = {(bench.folder / file.path).resolve(): file for file in bench.policies.files}
    for path in paths:
        member = shown.get(path.resolve())
        file = member.tree if member else parse_bytes(path.read_bytes(), str(path))[0]
        layer = file.header.layer
        if layer is not None and layer.of is not None:
            found[layer.name.value] = layer.of.value
    return found


# --- the book ------------------------------------------------------------------------------------


def _book(stated: Stated, attributes: Sequence[Attribute]) -> Book:
    settings = complete(stated)
    known = {(row.cells["table"], row.cells["column"]) for row in stated.rows("schema")}
    for each in attributes:
        rows = stated.tables.get(each.table, [])
        used = any(each.name in row.cells for row in rows)
        if used and (each.table, each.name) not in known | _FIXED:
            cells = {"table": each.table, "column": each.name, "type": each.type.value}
            kinds = ";".join(sorted(each.applies_to)) or None
            stated.rows("schema").append(Row({**cells, "applies_to": kinds}))
    tables = {name: [row.cells for row in rows] for name, rows in stated.tables.items() if rows}
    return stated_book(settings, tables)


_FIXED = {(table, name) for table, name, *_ in DERIVED}


def _refuse(book: Book, stated: Stated, case: Case) -> None:
    """What the book's own checks find in the lines of the test."""
    expects_hold = any(
        isinstance(line, trial.ExpectStatus) and line.status.value == Status.DATA_HOLD
        for line in case.expected
    )
    for finding in book.findings:
        holds = finding.stops or ((finding.accounts or finding.households) and not expects_hold)
        if holds:
            where = _line_of(finding, stated) or case.test.head
            expected = f"expected: {finding.expected}" if finding.expected else ""
            raise cannot(where, finding.message, finding.code, expected)


def _line_of(finding: Finding, stated: Stated) -> Span | None:
    rows = stated.tables.get(finding.file, [])
    if finding.line is None or not 0 < finding.line <= len(rows):
        return None
    return rows[finding.line - 1].span
