"""Reads rules, defaults and `set`s: one typed statement a directive, or a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler import codes
from compiler.choices import Default, Grant, read_choice, read_grant
from compiler.directives.base import Directive
from compiler.directives.read import read_directive
from compiler.files import OpenFile, check_dates
from compiler.read_conditions import read_guard, read_selection
from compiler.reader import Reader
from compiler.scopes import Scope
from compiler.statements import Carveout, Origin, Statement, Transition
from grammar import tree
from grammar.diagnostics import Diagnostic, Severity
from grammar.spans import Span
from grammar.tree import Mode, Unit


@dataclass(frozen=True, slots=True)
class Fault:
    """A statement or file that takes no part, whom it would have reached, and why.

    `causes` are codes with their places; None of them where it only uses what is in error itself.
    """

    scope: Scope
    span: Span
    rule_id: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clauses:
    """What the clauses of a rule say; `fine` False where one of them is in error."""

    scope: Scope
    reason: str
    carveouts: tuple[Carveout, ...]
    transitions: tuple[Transition, ...]
    missing_excluded: bool | None
    fine: bool


def causes(diagnostics: list[Diagnostic]) -> tuple[str, ...]:
    """The errors among diagnostics, as codes with their places."""
    return tuple(
        f"{each.code} {each.primary.span.path}:{each.primary.span.line}"
        for each in diagnostics
        if each.severity is Severity.ERROR
    )


# --- clauses -------------------------------------------------------------------------------------


def read_clauses(nodes: tuple[tree.Clause, ...], file: OpenFile) -> Clauses:
    """Read every clause, reporting every mistake."""
    reader = file.reader
    before = len(causes(reader.diagnostics))
    whens = [read_guard(node.condition, reader) for node in nodes if isinstance(node, tree.When)]
    guards = tuple(guard for guard in whens if guard is not None)
    starts = next((node.day for node in nodes if isinstance(node, tree.From)), None)
    ends = next((node.day for node in nodes if isinstance(node, tree.Until)), None)
    check_dates(starts, ends, reader)
    carveouts = [_carveout(node, reader) for node in nodes if isinstance(node, tree.Except)]
    transitions = [_transition(node, reader) for node in nodes if isinstance(node, tree.Existing)]
    missing = next((node for node in nodes if isinstance(node, tree.MissingCounts)), None)
    excluded = None if missing is None else _missing(missing, reader)
    for node in nodes:
        if isinstance(node, tree.Soft):
            reader.not_yet("`soft`", node.span, "leave the line out: the rule is then a hard one")
        elif isinstance(node, tree.Approved):
            reader.not_yet("`approved by`", node.span, "name the approver in `because`")
    fine = len(causes(reader.diagnostics)) == before
    fine = fine and None not in whens and None not in carveouts and None not in transitions
    first = None if starts is None else starts.value
    last = None if ends is None else ends.value
    return Clauses(
        file.scope.narrowed(guards, first, last)
        if fine
        else file.scope.narrowed(guards, None, None),
        next((node.reason.value for node in nodes if isinstance(node, tree.Because)), ""),
        tuple(carveout for carveout in carveouts if carveout is not None),
        tuple(transition for transition in transitions if transition is not None),
        excluded,
        fine,
    )


def _carveout(node: tree.Except, reader: Reader) -> Carveout | None:
    if node.things is not None:
        selection = read_selection(node.things, reader)
        return None if selection is None else Carveout(selection=selection)
    if node.condition is not None:
        condition = read_guard(node.condition, reader)
        return None if condition is None else Carveout(condition=condition)
    if node.purpose in ("raise cash", "close a position"):
        return Carveout(purpose=node.purpose)
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`except to {node.purpose}` is not known",
        node.span,
        help="write `except to raise cash` or `except to close a position`",
    )
    return None


def _transition(node: tree.Existing, reader: Reader) -> Transition | None:
    if node.evenly is not None:
        reader.not_yet("`comply evenly`", node.evenly.span, "write `comply within 90 days`")
        return None
    selection = read_selection(node.things, reader)
    days: int | None = None
    if node.within is not None:
        days = _days(node.within, reader)
        if days is None:
            return None
    by = None if node.by is None else node.by.value
    return None if selection is None else Transition(selection, node.stay, days, by)


def _days(within: tree.Quantity, reader: Reader) -> int | None:
    if within.unit is Unit.DAYS and within.value == within.value.to_integral_value():
        return int(within.value)
    reader.report(
        codes.WRONG_UNIT,
        "time to comply is counted in days",
        within.span,
        help="write `comply within 90 days`, or `comply by` with a date",
    )
    return None


def _missing(node: tree.MissingCounts, reader: Reader) -> bool | None:
    if isinstance(node.value, tree.Name) and node.value.value in ("excluded", "allowed"):
        return node.value.value == "excluded"
    reader.report(
        codes.MISSING_AS_WHAT,
        "missing data counts as `excluded` or `allowed`",
        node.value.span,
        help="write `missing counts as excluded` where blank data is to be treated strictly",
    )
    return None


# --- rules and defaults --------------------------------------------------------------------------


def read_rule(
    rule: tree.Rule, file: OpenFile
) -> tuple[list[tuple[tree.Directive, Statement]], list[Grant], Fault | None]:
    """The statements of a rule with their nodes, its grants, and the fault if it has one.

    A rule with one mistake takes no part at all: half of it is not what its author wrote.
    """
    reader = file.reader
    before = len(reader.diagnostics)
    if rule.is_note:
        reader.not_yet("`note`", rule.head, "write a comment: `# ...`")
    clauses = read_clauses(rule.clauses, file)
    directives = [read_directive(node, reader) for node in rule.directives]
    fine = clauses.fine and None not in directives and not rule.flawed and not file.broken
    fine = _one_directive(rule, reader) and fine
    found = list(_statements(rule, clauses, directives, file)) if fine else []
    grants = _grants(rule, found, file)
    new = reader.diagnostics[before:]
    if fine and not causes(new):
        return found, grants, None
    return [], [], Fault(clauses.scope, rule.head, rule.id.value, causes(new))


def _one_directive(rule: tree.Rule, reader: Reader) -> bool:
    if not rule.is_default or len(rule.directives) <= 1:
        return True
    reader.report(
        codes.ONE_DIRECTIVE,
        f"the default `{rule.id.value}` says several things",
        rule.directives[1].span,
        "which would `set` replace?",
        help="give each line a `default` of its own",
    )
    return False


def _statements(
    rule: tree.Rule, clauses: Clauses, directives: list[Directive | None], file: OpenFile
) -> Iterator[tuple[tree.Directive, Statement]]:
    for number, (node, directive) in enumerate(zip(rule.directives, directives, strict=True), 1):
        assert directive is not None
        key = rule.id.value if number == 1 else f"{rule.id.value}.{number}"
        yield (
            node,
            Statement(
                key=key,
                rule_id=rule.id.value,
                title="" if rule.title is None else rule.title.value,
                reason=clauses.reason,
                owner=file.owner,
                authority=file.authority,
                origin=Origin.DEFAULT if rule.is_default else Origin.RULE,
                directive=directive,
                span=node.span,
                guards=clauses.scope.guards,
                carveouts=clauses.carveouts,
                transitions=clauses.transitions,
                missing=_missing_selected(clauses.missing_excluded, node),
                starts=clauses.scope.starts,
                ends=clauses.scope.ends,
                value_span=_value_span(node),
            ),
        )


def _missing_selected(excluded: bool | None, node: tree.Directive) -> bool | None:
    """With `only`, what is selected is what is allowed."""
    only = isinstance(node, tree.Restrict) and node.mode is Mode.ONLY
    return excluded if excluded is None or not only else not excluded


def _value_span(node: tree.Directive) -> Span:
    if isinstance(node, tree.Keep):
        return node.bound.span
    if isinstance(node, tree.Use) and node.value is not None:
        return node.value.span
    return node.span


def _grants(
    rule: tree.Rule, found: list[tuple[tree.Directive, Statement]], file: OpenFile
) -> list[Grant]:
    grants: list[Grant] = []
    for allow in rule.clauses:
        if not isinstance(allow, tree.Allow) or allow.to == "waive":
            continue
        if not rule.is_default:
            file.reader.report(
                codes.GRANT_ON_RULE,
                f"`{rule.id.value}` is a rule, and nobody can set a rule",
                allow.span,
                help="write `default` instead of `rule` where lower layers may choose",
            )
        elif len(found) == 1:
            node, statement = found[0]
            grant = read_grant(Default(node, statement, file), allow, file.reader)
            if grant is not None:
                grants.append(grant)
    return grants


# --- waive ---------------------------------------------------------------------------------------


def read_waive(node: tree.Waive, file: OpenFile) -> Fault:
    """Nothing yet: a waiver that has no effect is a mistake of everybody it speaks to."""
    before = len(file.reader.diagnostics)
    help_line = "until then the rule's author can write `except`"
    file.reader.not_yet("`waive`", node.head, help_line)
    new = causes(file.reader.diagnostics[before:])
    return Fault(file.scope, node.head, node.id.value, new)


# --- set -----------------------------------------------------------------------------------------


def read_set(
    node: tree.Set, file: OpenFile, default: Default | None
) -> tuple[Statement | None, Fault | None]:
    """The statement of a `set`; `default` None where there is none to set (reported already)."""
    reader = file.reader
    before = len(reader.diagnostics)
    clauses = read_clauses(node.clauses, file)
    directive = None if default is None else read_choice(default, node, reader)
    new = causes(reader.diagnostics[before:])
    broken = node.flawed or file.broken or not clauses.fine or bool(new)
    if default is None or directive is None or broken:
        return None, Fault(clauses.scope, node.head, node.id.value, new)
    statement = Statement(
        key=_key(node, file),
        rule_id=node.id.value,
        title=default.statement.title,
        reason=clauses.reason,
        owner=file.owner,
        authority=file.authority,
        origin=Origin.SET,
        directive=directive,
        span=node.head,
        guards=clauses.scope.guards,
        carveouts=default.statement.carveouts,
        transitions=default.statement.transitions,
        missing=default.statement.missing,
        starts=clauses.scope.starts,
        ends=clauses.scope.ends,
        value_span=_chosen_span(node),
        off=node.off,
    )
    return statement, None


def _key(node: tree.Set, file: OpenFile) -> str:
    of = "" if file.authority.of is None else f".{file.authority.of}"
    return f"{node.id.value}@{file.authority.layer}{of}"


def _chosen_span(node: tree.Set) -> Span:
    if node.bound is not None:
        return node.bound.span
    return node.head if node.value is None else node.value.span
