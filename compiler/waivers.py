"""Waivers: who may lift which rule, for what, how long, and what is said of those with no effect.

A waiver with a mistake has no effect and stops nobody: the rule it would lift stays in force. One
that could stop an account would let a layer below the rule decide what is traded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from compiler import codes
from compiler.clashes import PLURALS
from compiler.clauses import read_clauses
from compiler.directives.band import WeightBand
from compiler.directives.base import Directive
from compiler.directives.restriction import Restriction
from compiler.directives.waiver_limit import WaiverLimit, days
from compiler.files import OpenFile
from compiler.read_conditions import read_selection
from compiler.reader import Reader, causes
from compiler.scopes import inside, scope_of
from compiler.selections import Named, Selection
from compiler.statements import Authority, Origin, Statement, Waiver
from grammar import tree
from grammar.diagnostics import Diagnostic, Label
from grammar.spans import Span

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class WaiveGrant:
    """One `allow LAYERS to waive`: for `selection`, and only what is held if `existing`."""

    rule_id: str
    layers: frozenset[str]
    selection: Selection
    existing: bool
    span: Span

    def admits(self, selection: Selection, existing: bool) -> bool:
        """Whether a waiver of these things stays inside the grant, as far as words show.

        Securities named one by one are compared with a group account by account.
        """
        return (existing or not self.existing) and self._has(selection)

    def _has(self, selection: Selection) -> bool:
        own = self.selection
        if own in (EVERYTHING, selection):
            return True
        if not selection.items:
            return False
        if own.where is None and set(selection.items) <= set(own.items):
            return True
        named = all(isinstance(item, Named) for item in selection.items)
        listed = own.items and all(isinstance(item, Named) for item in own.items)
        return named and not listed


@dataclass(frozen=True, slots=True)
class WaivedRule:
    """What a waiver has to know of the rule it lifts; `statements` empty where it is in error."""

    node: tree.Rule
    statements: tuple[Statement, ...]
    grants: tuple[WaiveGrant, ...]


# --- allow ... to waive --------------------------------------------------------------------------


def read_waive_grant(
    rule: tree.Rule, allow: tree.Allow, own: Authority, reader: Reader
) -> WaiveGrant | None:
    """The typed grant, or None after reporting what is wrong."""
    layers = [name for name in allow.layers if reader.is_below(name, own)]
    selection = EVERYTHING if allow.things is None else read_selection(allow.things, reader)
    if selection is None or len(layers) < len(allow.layers):
        return None
    names = frozenset(name.value for name in layers)
    return WaiveGrant(rule.id.value, names, selection, allow.existing, allow.span)


# --- waive ---------------------------------------------------------------------------------------


def read_waiver(
    node: tree.Waive, file: OpenFile, rule: WaivedRule | None, unread: Sequence[Diagnostic]
) -> Waiver:
    """The typed waiver; its `causes` say why it has no effect.

    `rule` is None where there is none, which is reported already; `unread` is what the parser said.
    """
    reader = file.reader
    before = len(reader.diagnostics)
    clauses = read_clauses(node.clauses, file)
    selection = read_selection(node.things, reader)
    allowed: Selection | None = None
    if not node.flawed:
        _complete(node, file, reader)
    if rule is not None and rule.node.is_note:
        _cannot(node, "is a note, and a note forbids nothing", rule.node.head, reader)
    elif rule is not None and rule.statements and selection is not None:
        _applies(node, selection, rule, reader)
        allowed = _authorised(node, selection, file.authority, rule, reader)
    found = causes([*unread, *reader.diagnostics[before:]])
    if not found and (node.flawed or selection is None or not clauses.fine):
        found = (f"{node.span.path}:{node.span.line} uses what is in error elsewhere",)
    scope = clauses.scope
    return Waiver(
        node.id.value,
        selection,
        node.existing,
        allowed,
        file.authority,
        scope.guards,
        scope.starts,
        scope.ends,
        clauses.reason,
        clauses.approver,
        node.head,
        found,
    )


def _complete(node: tree.Waive, file: OpenFile, reader: Reader) -> None:
    kinds = {type(clause) for clause in node.clauses}
    approver = next((c.by.value for c in node.clauses if isinstance(c, tree.Approved)), "")
    lacking = []
    if tree.Because not in kinds:
        lacking.append(("reason", '`because "..."`'))
    if not approver.strip():
        lacking.append(("approver", '`approved by "..."`'))
    if tree.Until not in kinds and file.scope.ends is None:
        lacking.append(("last day", "`until DATE`"))
    if lacking:
        reader.report(
            codes.BARE_WAIVER,
            f"this waiver has {_listed([f'no {noun}' for noun, _ in lacking])}",
            node.head,
            "a waiver is reasoned, approved and ends",
            help=f"add {_listed([clause for _, clause in lacking])}",
        )


def _listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _cannot(node: tree.Waive, what: str, at: Span, reader: Reader, help: str = "") -> None:
    reader.report(
        codes.DOES_NOT_APPLY,
        f"`{node.id.value}` {what}",
        node.id.span,
        "nothing to waive",
        related=(Label(at),),
        help=help or "delete the waiver",
    )


def _applies(node: tree.Waive, selection: Selection, rule: WaivedRule, reader: Reader) -> None:
    """Whether the rule is one that can be waived, for these things."""
    directives = [each.directive for each in rule.statements]
    if any(isinstance(each, WaiverLimit) for each in directives):
        _cannot(node, "limits waivers, and no waiver lifts that", rule.node.head, reader)
        return
    parts = [each for each in directives if each.selective]
    if selection == EVERYTHING and not node.existing:
        return
    if not parts:
        message = f"`{node.id.value}` is not about securities"
        help_line = f"to lift it whole: `waive {node.id.value} for anything`"
    elif selection.lot_level and not any(each.by_lot for each in parts):
        message = f"`{node.id.value}` tells no lots apart"
        help_line = "leave `lot.` out of the waiver"
    elif node.existing and not any(_asks_of_held(each) for each in parts):
        message = f"`existing` excuses shares that are held, and `{node.id.value}` lets them be"
        help_line = "leave `existing` out, or delete the waiver"
    else:
        return
    reader.report(
        codes.DOES_NOT_APPLY,
        message,
        node.things.span,
        "no part of it can be waived so",
        related=(Label(rule.statements[0].span, "what it asks"),),
        help=help_line,
    )


def _asks_of_held(directive: Directive) -> bool:
    """Whether the directive forbids anything of shares that are held."""
    if isinstance(directive, WeightBand):
        return directive.range.high is not None
    return not isinstance(directive, Restriction) or directive.action != "buy"


def _authorised(
    node: tree.Waive, selection: Selection, own: Authority, rule: WaivedRule, reader: Reader
) -> Selection | None:
    """What the grant used leaves open (None: everything), after reporting one that is missing."""
    above = rule.statements[0].authority
    if own.rank <= above.rank:
        return None
    fitting = [each for each in rule.grants if own.layer in each.layers]
    for grant in fitting:
        if grant.admits(selection, node.existing):
            return None if grant.selection in (EVERYTHING, selection) else grant.selection
    owner = PLURALS["ipc"] if above.layer == "ipc" else f"the {above}"
    if fitting:
        reader.report(
            codes.MAY_NOT_WAIVE,
            f"this layer may waive `{node.id.value}` only in part",
            node.things.span,
            "more than is allowed",
            related=tuple(Label(each.span, "what it may waive") for each in fitting),
            help=f"waive what this line allows, or ask {owner} for the waiver",
        )
        return None
    head, id = rule.node.head, rule.node.id.span
    reader.report(
        codes.MAY_NOT_WAIVE,
        f"this layer may not waive `{node.id.value}`",
        node.id.span,
        f"{own.layer} is below {above.layer}",
        related=(
            Label(
                Span(head.path, head.line, head.column, id.end_line, id.end_column),
                f"names no layer{' that may waive it' if not rule.grants else ' as low as this'}",
            ),
        ),
        help=f"ask {owner} for the waiver, or for the line `allow {own.layer} to waive`",
    )
    return None


# --- how long ------------------------------------------------------------------------------------


def tightest(waiver: Waiver, limits: Iterable[Statement]) -> Statement | None:
    """The limit on its length that leaves a waiver least: of its own layer or a higher one."""
    binding = [each for each in limits if each.authority.rank <= waiver.authority.rank]
    return min(binding, key=_most, default=None)


def _most(limit: Statement) -> int:
    assert isinstance(limit.directive, WaiverLimit)
    return limit.directive.most


def too_long(waiver: Waiver, limits: Iterable[Statement]) -> Diagnostic | None:
    """That a waiver lasts longer than the tightest of these limits lets it."""
    limit = tightest(waiver, limits)
    if limit is None or (waiver.days is not None and waiver.days <= _most(limit)):
        return None
    return _too_long(waiver, waiver.days, limit, _most(limit))


def _too_long(waiver: Waiver, length: int | None, limit: Statement, most: int) -> Diagnostic:
    if length is None:
        message = "this waiver does not say when it begins"
        help_line = f"add `from DATE`, at most {days(most)} before its last day"
    else:
        message = f"this waiver lasts {days(length)}, and waivers last at most {days(most)}"
        help_line = f"end it on its {_ordinal(most)} day, or before; a new one can follow"
    return codes.LONG_WAIVER.at(
        waiver.span,
        message,
        label=f"until {waiver.ends}",
        related=(Label(limit.value_span or limit.span, limit.rule_id),),
        help=help_line,
    )


def _ordinal(number: int) -> str:
    tens = number % 100 in (11, 12, 13)
    return f"{number:,}" + ("th" if tens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th"))


def certainly_long(
    waivers: Iterable[Waiver], statements: Iterable[Statement]
) -> Iterator[tuple[Waiver, Diagnostic | None]]:
    """Every waiver, and what is wrong with its length whatever the account."""
    chosen = {each.rule_id for each in statements if each.origin is Origin.SET}
    limits = [
        each
        for each in statements
        if isinstance(each.directive, WaiverLimit)
        and (each.origin is Origin.RULE or each.rule_id not in chosen)
        and each.origin is not Origin.NOTE
    ]
    limits = [each for each in limits if not any(one.condition for one in each.carveouts)]
    for waiver in waivers:
        meeting = [each for each in limits if inside(scope_of(waiver), scope_of(each))]
        found = None if waiver.causes else too_long(waiver, meeting)
        yield (waiver if found is None else replace(waiver, causes=causes([found]))), found


# --- which have ended ----------------------------------------------------------------------------


def lapsed(waiver: Waiver, today: date) -> Diagnostic | None:
    """That a waiver has ended by `today`, or has not begun."""
    if waiver.causes or scope_of(waiver).covers_day(today):
        return None
    begun = waiver.starts is None or waiver.starts <= today
    return codes.LAPSED_WAIVER.at(
        waiver.span,
        f"this waiver of `{waiver.rule_id}` "
        + (f"ended on {waiver.ends}" if begun else f"begins on {waiver.starts}"),
        label=f"no effect on {today}",
        help="delete it, or have a new one approved" if begun else "until then the rule holds",
    )
