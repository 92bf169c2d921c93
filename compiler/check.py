"""From the trees of a policy set to typed statements, without any household.

`check_policies` finds everything that can be found so: names, meanings, ids, and values that no
household could reconcile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TypeVar

from compiler import codes
from compiler.attributes import PREFIX_OF, Vocabulary
from compiler.boundaries import certain_breaches
from compiler.choices import Default, Grant
from compiler.clashes import Topics, certain_clashes, doubled, grouped, topics
from compiler.contradictions import contradictions
from compiler.definitions import KINDS, Definitions
from compiler.files import NOBODY_KNOWS, OpenFile, open_file
from compiler.policyset import PolicySet
from compiler.reader import Reader, causes, did_you_mean
from compiler.rules import Fault, origin_of, read_rule, read_set
from compiler.scopes import Scope
from compiler.statements import Authority, Statement, Waiver
from compiler.using import check_using
from compiler.waivers import WaivedRule, WaiveGrant, certainly_long, lapsed, read_waiver
from grammar import tree
from grammar.diagnostics import Diagnostic, Label, in_order
from grammar.spans import Span
from portfolio.household import Attribute, AttributeType


@dataclass(frozen=True)
class Names:
    """What the words of a policy set mean: for whoever asks about it from outside.

    `defaults` are those without a mistake, by id; `rules` every rule, default and note.
    """

    vocabulary: Vocabulary
    definitions: Definitions
    defaults: Mapping[str, Default]
    rules: Mapping[str, tree.Rule]
    files: tuple[OpenFile, ...]

    def reader(self, layers: tuple[str, ...]) -> Reader:
        """A reader that sees the definitions of every file."""
        return Reader(Authority("", len(layers)), self.vocabulary, self.definitions, layers)


@dataclass(frozen=True)
class TypedPolicies:
    """A policy set with names resolved and meanings checked.

    `statements` are those without a mistake, by rank and key; `grants` belong to defaults among
    them; `about` says what each statement speaks about. `faults` are those that take no part, with
    whom they would have reached. `waivers` are all of them, those without effect too. `diagnostics`
    holds every finding, the parser's included, in order.
    """

    statements: tuple[Statement, ...]
    grants: tuple[Grant, ...]
    faults: tuple[Fault, ...]
    diagnostics: tuple[Diagnostic, ...]
    about: Topics
    layers: tuple[str, ...]
    sources: dict[str, str] = field(compare=False)
    waivers: tuple[Waiver, ...] = ()
    names: Names | None = field(default=None, compare=False)

    @cached_property
    def by_authority(self) -> dict[Authority, list[Statement]]:
        """The statements of each layer, and there of each owner."""
        return grouped((each.authority, each) for each in self.statements)

    @cached_property
    def grants_of(self) -> dict[str, list[Grant]]:
        """The grants of each default, by its key."""
        return grouped((each.statement.key, each) for each in self.grants)


def check_policies(
    policies: PolicySet,
    attributes: Sequence[Attribute] | None = None,
    securities: Collection[str] | None = None,
    today: date | None = None,
) -> TypedPolicies:
    """Type and check a policy set. Never raises for what its files say.

    `attributes` are a book's columns and `securities` the ids and tickers it knows; without a book
    the set's own declarations have to do. Waivers that do not hold `today` are reported.
    """
    declared = [declaration.attribute for declaration in policies.declared]
    vocabulary = Vocabulary([*declared, *(attributes or ())])
    definitions = Definitions(policies.lists)
    known = None if securities is None else frozenset(securities)
    trees = {file.path: file.tree for file in policies.files}  # a file given twice is one file
    files = [open_file(tree, policies, vocabulary, definitions, known) for tree in trees.values()]
    files.sort(key=lambda each: (each.authority.rank, each.tree.path))
    _define(files, definitions)
    reading = _Reading(definitions.unread)
    for file in files:
        for rule in _of_kind(file, tree.Rule):
            reading.rule(rule, file)
    for file in files:
        for chosen in _of_kind(file, tree.Set):
            reading.set(chosen, file)
        for waived in _of_kind(file, tree.Waive):
            reading.waive(waived, file, policies.diagnostics)
    definitions.read_all()
    check_using(files, definitions)
    statements = reading.in_order()
    found = [*policies.diagnostics, *_columns_missing(policies, attributes)]
    for file in files:
        found += file.reader.diagnostics
    about = {each.key: topics(each) for each in statements}
    found += certain_clashes(statements, reading.grants, about)
    found += doubled(statements)
    found += contradictions(statements, {each.rule_id for each in reading.waivers})
    found += certain_breaches(statements)
    waivers: list[Waiver] = []
    for waiver, mistake in certainly_long(reading.waivers, statements):
        waivers.append(waiver)
        found += [] if mistake is None else [mistake]
    if today is not None:
        found += filter(None, (lapsed(waiver, today) for waiver in waivers))
    return TypedPolicies(
        statements,
        tuple(reading.grants),
        (*reading.faults, *_unread_parts(policies, files)),
        in_order(dict.fromkeys(found)),
        about,
        policies.layers,
        dict(policies.sources),
        tuple(waivers),
        Names(vocabulary, definitions, reading.defaults, reading.ids, tuple(files)),
    )


Kind = TypeVar("Kind", bound=tree.Statement)


def _of_kind(file: OpenFile, *kinds: type[Kind]) -> list[Kind]:
    """Statements of some kinds by place, so that their order in the tree does not matter."""
    found = [each for each in file.tree.statements if isinstance(each, kinds)]
    return sorted(found, key=lambda each: each.span)


def _define(files: list[OpenFile], definitions: Definitions) -> None:
    for file in files:
        definitions.unread |= {name.value for name in file.tree.unread}
        own = file.tree.header.id
        for define in _of_kind(file, *KINDS):
            definitions.add(define, "" if own is None else own.value, file.reader)


# --- statements ----------------------------------------------------------------------------------


class _Reading:
    """Statements, grants and faults as the files are gone through, highest layer first."""

    def __init__(self, unread: set[str]) -> None:
        self.statements: list[Statement] = []
        self.grants: list[Grant] = []
        self.faults: list[Fault] = []
        self.defaults: dict[str, Default] = {}
        self.ids: dict[str, tree.Rule] = {}
        self._files: dict[str, OpenFile] = {}
        self._keys: set[str] = set()
        self._unread = unread
        self.waivers: list[Waiver] = []
        self._stated: dict[str, list[Statement]] = {}
        self._waive_grants: dict[str, list[WaiveGrant]] = {}

    def rule(self, rule: tree.Rule, file: OpenFile) -> None:
        """Read a rule, default or note."""
        name = rule.id.value
        first = self.ids.setdefault(name, rule)
        self._files.setdefault(name, file)
        if first is not rule or name in self._keys:
            self._id_twice(rule, first, file)
            return
        read = read_rule(rule, file)
        keys = {statement.key for _, statement in read.found}
        taken = sorted(keys & self._keys)
        if taken:
            self._id_twice(rule, self.ids[taken[0]], file, taken[0])
            return
        self._keys |= keys
        self.statements += [statement for _, statement in read.found]
        self.grants += read.grants
        self._stated[name] = [statement for _, statement in read.found]
        self._waive_grants[name] = list(read.waive_grants)
        if read.fault is not None:
            self.faults.append(read.fault)
        elif rule.is_default:
            self.defaults[name] = Default(*read.found[0], file)

    def _id_twice(
        self, rule: tree.Rule, first: tree.Rule, file: OpenFile, line: str | None = None
    ) -> None:
        """`line` is the id of one of the rule's lines, where that is what is taken."""
        related = () if first is rule else (Label(first.id.span, "the other one"),)
        file.reader.report(
            codes.ID_TWICE,
            f"the id `{line or rule.id.value}` is used twice",
            rule.id.span,
            "the second one" if line is None else f"one of its lines is known as `{line}`",
            related=related,
            help="ids are unique in a policy set; choose another",
        )
        cause = f"{codes.ID_TWICE.id} {rule.id.span.path}:{rule.id.span.line}"
        self.faults.append(Fault(file.scope, rule.head, rule.id.value, (cause,)))
        other = self._files[first.id.value]
        if other.authority.rank == file.authority.rank:
            # Which of two equals comes first only the names of their files say.
            self.faults.append(Fault(other.scope, first.head, first.id.value, (cause,)))

    def set(self, chosen: tree.Set, file: OpenFile) -> None:
        """Read a `set`."""
        default = self.defaults.get(chosen.id.value)
        before = len(file.reader.diagnostics)
        if default is None:
            self._no_default(chosen, file)
        statement, fault = read_set(chosen, file, default)
        if statement is not None:
            self.statements.append(statement)
        elif fault is not None:
            found = causes(file.reader.diagnostics[before:])
            self.faults.append(replace(fault, causes=found))

    def _no_default(self, chosen: tree.Set, file: OpenFile) -> None:
        name = chosen.id.value
        rule = self.ids.get(name)
        if name in self._unread or (rule is not None and rule.is_default):
            return
        if rule is not None:
            file.reader.report(
                codes.NOT_A_DEFAULT,
                f"`{name}` is a {origin_of(rule)}, and only defaults can be set",
                chosen.id.span,
                "set replaces the value of a default",
                related=(Label(rule.head, f"a {origin_of(rule)}"),),
                help="write a `rule` of your own to tighten it",
            )
            return
        defaults = [each for each, rule in self.ids.items() if rule.is_default]
        file.reader.report(
            codes.UNKNOWN_RULE,
            f"there is no default `{name}`",
            chosen.id.span,
            "no file has this id",
            help=did_you_mean(name, defaults) or "`set` names the id of a `default`",
        )

    def waive(self, node: tree.Waive, file: OpenFile, parsed: Sequence[Diagnostic]) -> None:
        """Read a waiver; those of a file whose scope is not known reach nobody for sure."""
        name = node.id.value
        unread = [each for each in parsed if _inside(each.primary.span, node.span)]
        rule = self.ids.get(name)
        if rule is None:
            read_waiver(node, file, None, unread)
            if name not in self._unread:
                file.reader.report(
                    codes.UNKNOWN_RULE,
                    f"there is no rule `{name}`",
                    node.id.span,
                    "no file has this id",
                    help=did_you_mean(name, self.ids) or "`waive` names the id of a rule",
                )
            return
        own = tuple(self._stated.get(name, ()))
        waived = WaivedRule(rule, own, tuple(self._waive_grants.get(name, ())))
        waiver = read_waiver(node, file, waived, unread)
        if not file.broken:
            self.waivers.append(waiver)

    def in_order(self) -> tuple[Statement, ...]:
        """All statements by rank and key; `set`s of one default and layer are numbered.

        Their numbers follow what they say, not where they stand.
        """

        def content(statement: Statement) -> tuple[object, ...]:
            guards = sorted(guard.describe() for guard in statement.guards)
            days = str(statement.starts), str(statement.ends)
            return statement.key, statement.directive.sentence(), guards, days, statement.span

        seen: dict[str, int] = {}
        named: list[Statement] = []
        for statement in sorted(self.statements, key=content):
            number = seen[statement.key] = seen.get(statement.key, 0) + 1
            key = statement.key if number == 1 else f"{statement.key}.{number}"
            named.append(replace(statement, key=key))
        return tuple(sorted(named, key=lambda each: (each.authority.rank, each.key)))


# --- what could not be read ----------------------------------------------------------------------


def _unread_parts(policies: PolicySet, files: list[OpenFile]) -> Iterator[Fault]:
    """Faults of files: mistakes outside any statement reach everybody the file speaks to."""
    paths = {file.tree.path: file for file in files}
    outside: dict[str, list[Diagnostic]] = {}
    for diagnostic in policies.diagnostics:
        span = diagnostic.primary.span
        file = paths.get(span.path)
        if file is None or not _in_flawed_statement(span, file.tree):
            outside.setdefault(span.path if file else "", []).append(diagnostic)
    for file in files:
        own = [
            each
            for each in file.reader.diagnostics
            if file.broken
            and each.primary.span.path == file.tree.path
            and each.primary.span <= file.tree.header.span
        ]
        found = causes([*outside.get(file.tree.path, []), *own])
        if found or file.broken:
            yield Fault(file.scope, file.tree.header.span, "", found)
    everywhere = outside.get("", [])
    if causes(everywhere):
        first = everywhere[0].primary.span
        yield Fault(Scope(NOBODY_KNOWS), first, "", causes(everywhere))


def _in_flawed_statement(span: Span, file: tree.PolicyFile) -> bool:
    return any(
        isinstance(each, tree.Rule | tree.Set | tree.Waive)
        and each.flawed
        and _inside(span, each.span)
        for each in file.statements
    )


def _inside(span: Span, statement: Span) -> bool:
    """Whether a place lies in the lines of a statement."""
    return span.path == statement.path and statement.line <= span.line <= statement.end_line


def _columns_missing(
    policies: PolicySet, attributes: Sequence[Attribute] | None
) -> Iterator[Diagnostic]:
    """Warnings for declared attributes that a book lacks, or has as something else."""
    if attributes is None:
        return
    book = {(each.table, each.name): each for each in attributes}
    for declaration in policies.declared:
        attribute = declaration.attribute
        column = book.get((attribute.table, attribute.name))
        prefix = PREFIX_OF.get(attribute.table)
        written = attribute.name if prefix is None else f"{prefix}.{attribute.name}"
        if column is None:
            message = f"the book has no column `{written}`: it is missing everywhere"
        elif _differ(attribute.type, column.type):
            message = f"`{written}` is {column.type} in the book, not {attribute.type}"
        else:
            continue
        yield codes.MISSING_COLUMN.at(
            declaration.span, message, help="rules that need it treat every value as missing"
        )


_NUMBERS = (AttributeType.NUMBER, AttributeType.FRACTION, AttributeType.MONEY)


def _differ(declared: AttributeType, found: AttributeType) -> bool:
    return declared is not found and not (declared in _NUMBERS and found in _NUMBERS)
