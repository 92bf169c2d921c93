"""Reads rules, defaults, notes and `set`s: one typed statement a directive, or a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler import codes
from compiler.acted_on import acted_on
from compiler.choices import Default, Grant, read_choice, read_grant
from compiler.clauses import Clauses, read_clauses
from compiler.directives.base import Directive, Family
from compiler.directives.read import read_directive
from compiler.expressions import Literal
from compiler.files import OpenFile
from compiler.missing_values import counting
from compiler.reader import Reader, causes
from compiler.scopes import Scope
from compiler.statements import Origin, Statement
from compiler.waivers import WaiveGrant, read_waive_grant
from grammar import tree
from grammar.diagnostics import Label
from grammar.spans import Span
from grammar.tree import Mode


@dataclass(frozen=True, slots=True)
class Fault:
    """A statement or file that takes no part, whom it would have reached, and why.

    `causes` are codes with their places; None of them where it only uses what is in error itself.
    """

    scope: Scope
    span: Span
    rule_id: str
    causes: tuple[str, ...]


# --- rules and defaults --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule, default or note: its statements with their nodes, and what it lets lower layers do.

    Where `fault` is set there are none of them.
    """

    found: tuple[tuple[tree.Directive, Statement], ...] = ()
    grants: tuple[Grant, ...] = ()
    waive_grants: tuple[WaiveGrant, ...] = ()
    fault: Fault | None = None


def read_rule(rule: tree.Rule, file: OpenFile) -> ReadRule:
    """The typed rule. One with a mistake takes no part at all: half of it is not what its author
    wrote."""
    reader = file.reader
    before = len(reader.diagnostics)
    clauses = read_clauses(rule.clauses, file)
    directives = [read_directive(node, reader) for node in rule.directives]
    fine = clauses.fine and None not in directives and not rule.flawed and not file.broken
    fine = _one_directive(rule, reader) and _reportable(rule, directives, reader) and fine
    fine = _may_be_soft(rule, directives, reader) and fine
    spans = [node.span for node in rule.directives]
    fine = _begun(directives, clauses.scope, spans, reader) and fine
    fine = _ever_due(directives, clauses.scope, spans, reader) and fine
    given = [each for each in directives if each is not None]
    fine = fine and acted_on(rule, given, clauses, reader)
    if clauses.counts_as is not None:
        value = clauses.counts_as
        directives = [None if each is None else counting(each, value) for each in directives]
    found = tuple(_statements(rule, clauses, directives, file)) if fine else ()
    allows = [clause for clause in rule.clauses if isinstance(clause, tree.Allow)]
    grants = _grants(rule, [each for each in allows if each.to != "waive"], found, file)
    waived = _waive_grants(rule, [each for each in allows if each.to == "waive"], file)
    new = reader.diagnostics[before:]
    if fine and not causes(new):
        return ReadRule(found, grants, waived)
    return ReadRule(fault=Fault(clauses.scope, rule.head, rule.id.value, causes(new)))


def _begun(
    directives: list[Directive | None], scope: Scope, spans: list[Span], reader: Reader
) -> bool:
    """Report what comes in steps and does not say from when they are counted."""
    unbegun = [
        span
        for directive, span in zip(directives, spans, strict=True)
        if directive is not None and directive.gradual and scope.starts is None
    ]
    for span in unbegun:
        reader.report(
            codes.NO_FIRST_DAY,
            "this is counted from a first day, and the rule has none",
            span,
            "from when?",
            help="add `from DATE`",
        )
    return not unbegun


def _ever_due(
    directives: list[Directive | None], scope: Scope, spans: list[Span], reader: Reader
) -> bool:
    """Report schedules that would never ask for anything: their days lie outside of the rule's."""
    never = [
        span
        for directive, span in zip(directives, spans, strict=True)
        if directive is not None and not directive.ever_due(scope.starts, scope.ends)
    ]
    begins = "" if scope.starts is None else f" from {scope.starts}"
    days = (begins or " until") + (f" to {scope.ends}" if begins else f" {scope.ends}")
    days = f"{begins} on" if scope.ends is None else days
    for span in never:
        reader.report(
            codes.NEVER_DUE,
            f"this never falls due: the rule holds{days}",
            span,
            "no day of it is one of the rule's",
            help="move the day, or the rule's `from` and `until`",
        )
    return not never


def origin_of(rule: tree.Rule) -> Origin:
    """What the first word of a rule makes it."""
    if rule.is_note:
        return Origin.NOTE
    return Origin.DEFAULT if rule.is_default else Origin.RULE


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


def _reportable(rule: tree.Rule, directives: list[Directive | None], reader: Reader) -> bool:
    """A note reports what is broken, and a choice is nothing that can be."""
    fine = True
    for node, directive in zip(rule.directives, directives, strict=True):
        if not rule.is_note or directive is None:
            continue
        chooses = directive.family is Family.SETTING
        if directive.breakable and not chooses:
            continue
        does = "chooses a value" if chooses else "is nothing that trades break"
        reader.report(
            codes.DOES_NOT_APPLY,
            f"a note reports what is broken, and this {does}",
            node.span,
            "nothing to report",
            help=f"write `{'default' if chooses else 'rule'}` instead of `note`",
        )
        fine = False
    return fine


def _may_be_soft(rule: tree.Rule, directives: list[Directive | None], reader: Reader) -> bool:
    """`soft` ranks what may be broken, and not every directive can be."""
    soft = next((clause for clause in rule.clauses if isinstance(clause, tree.Soft)), None)
    if soft is None:
        return True
    firm = next((each for each in directives if each and not each.may_be_soft), None)
    if not rule.is_note and firm is None:
        return True
    message = "a note constrains nothing" if firm is None else f"`{firm.sentence()}` is never soft"
    label = "nothing that could be broken" if firm is None else firm.never_soft
    reader.report(
        codes.DOES_NOT_APPLY,
        message,
        soft.span,
        label,
        help="leave the line out"
        if len(rule.directives) == 1
        else "give it a rule of its own, without this line",
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
                origin=origin_of(rule),
                directive=directive,
                span=node.span,
                guards=clauses.scope.guards,
                carveouts=clauses.carveouts,
                transitions=clauses.transitions,
                missing=_missing_selected(clauses.missing, node),
                counts_as=clauses.counts_as,
                starts=clauses.scope.starts,
                ends=clauses.scope.ends,
                value_span=_value_span(node),
                approver=clauses.approver,
                soft=clauses.soft,
            ),
        )


def _missing_selected(excluded: bool | Literal | None, node: tree.Directive) -> bool | None:
    """With `only`, what is selected is what is allowed."""
    if not isinstance(excluded, bool):
        return None
    only = isinstance(node, tree.Restrict) and node.mode is Mode.ONLY
    return excluded is not only


def _value_span(node: tree.Directive) -> Span:
    if isinstance(node, tree.Keep):
        return node.bound.span
    if isinstance(node, tree.Use) and node.value is not None:
        return node.value.span
    if isinstance(node, tree.Target):
        return node.weight.span
    if isinstance(node, tree.Replace):
        return node.substitutes.span
    return node.span


def _grants(
    rule: tree.Rule,
    allows: list[tree.Allow],
    found: tuple[tuple[tree.Directive, Statement], ...],
    file: OpenFile,
) -> tuple[Grant, ...]:
    grants: list[Grant] = []
    for allow in allows:
        if not rule.is_default:
            kind = origin_of(rule).value
            file.reader.report(
                codes.GRANT_ON_RULE,
                f"`{rule.id.value}` is a {kind}, and nobody can set a {kind}",
                allow.span,
                help=f"write `default` instead of `{kind}` where lower layers may choose",
            )
        elif len(found) == 1:
            node, statement = found[0]
            grant = read_grant(Default(node, statement, file), allow, file.reader)
            if grant is not None:
                grants.append(grant)
    return tuple(grants)


def _waive_grants(
    rule: tree.Rule, allows: list[tree.Allow], file: OpenFile
) -> tuple[WaiveGrant, ...]:
    grants: list[WaiveGrant] = []
    for allow in allows:
        if rule.is_note:
            file.reader.report(
                codes.DOES_NOT_APPLY,
                f"`{rule.id.value}` is a note, and a note forbids nothing",
                allow.span,
                "nothing to waive",
                help="leave it out",
            )
            continue
        grant = read_waive_grant(rule, allow, file.authority, file.reader)
        if grant is not None:
            grants.append(grant)
    return tuple(grants)


# --- set -----------------------------------------------------------------------------------------


def read_set(
    node: tree.Set, file: OpenFile, default: Default | None
) -> tuple[Statement | None, Fault | None]:
    """The statement of a `set`; `default` None where there is none to set (reported already)."""
    reader = file.reader
    before = len(reader.diagnostics)
    clauses = read_clauses(node.clauses, file)
    directive = None if default is None else read_choice(default, node, reader)
    begun = _begun([directive], clauses.scope, [node.head], reader)
    if default is not None and directive is not None:
        _whole_household(node, default.statement, directive, clauses.scope, reader)
    new = causes(reader.diagnostics[before:])
    broken = node.flawed or file.broken or not clauses.fine or bool(new) or not begun
    if default is None or directive is None or broken:
        return None, Fault(clauses.scope, node.head, node.id.value, new)
    if default.statement.counts_as is not None:
        directive = counting(directive, default.statement.counts_as)
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
        counts_as=default.statement.counts_as,
        starts=clauses.scope.starts,
        ends=clauses.scope.ends,
        value_span=_chosen_span(node),
        off=node.off,
        approver=clauses.approver,
        soft=default.statement.soft,
    )
    return statement, None


def _whole_household(
    node: tree.Set, default: Statement, directive: Directive, scope: Scope, reader: Reader
) -> None:
    """Report a choice for some accounts of what all of a household have together: each part would
    be measured alone, and all of them together would have more than either value allows."""
    if getattr(directive, "base", None) != "household":
        return
    own = [guard for guard in scope.guards if guard not in default.guards]
    picky = any(column.table != "households" for guard in own for column in guard.columns())
    layer = scope.authority.layer
    parted = layer not in ("advisor", "household") and scope.authority.of is not None
    by_account = layer == "account" or reader.vocabulary.get("accounts", layer) is not None
    if picky or (parted and by_account):
        reader.report(
            codes.DOES_NOT_APPLY,
            f"`{node.id.value}` is of the whole household, and this is for some of its accounts",
            _chosen_span(node),
            "for which accounts together?",
            related=(Label(default.value_span or default.span, f"default {default.rule_id}"),),
            help="set it for the household, or have a default `of account`",
        )


def _key(node: tree.Set, file: OpenFile) -> str:
    of = "" if file.authority.of is None else f".{file.authority.of}"
    return f"{node.id.value}@{file.authority.layer}{of}"


def _chosen_span(node: tree.Set) -> Span:
    if node.bound is not None:
        return node.bound.span
    return node.head if node.value is None else node.value.span
