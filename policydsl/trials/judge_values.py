"""`expect ipc.cash between ...`, `expect cash at most ...`: values in force, and of portfolios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.choices import read_choice
from compiler.closing import Closing
from compiler.directives.base import Breach
from compiler.directives.read import MEASURES, read_directive
from compiler.layers import Status as Standing
from compiler.statements import InForce, Origin, Statement
from grammar import tree, trial
from grammar.spans import Span
from policydsl.trials.reading import cannot_expect, few, known_rule, reader_of, sound, standing_of
from policydsl.trials.run import Ran

# --- values in force ------------------------------------------------------------------------------


def contrary_to_setting(line: trial.ExpectSetting, ran: Ran) -> str:
    """The value in force where it is another; empty where it is the one expected."""
    chosen = _chosen(line.span, line.rule, value=line.value, off=line.off)
    return _value_in_force(line.rule, chosen, ran)


def _chosen(
    span: Span,
    rule: tree.Name,
    bound: tree.Bound | None = None,
    value: tree.Expression | None = None,
    off: bool = False,
) -> tree.Set:
    """The `set` that would choose the value expected."""
    return tree.Set(span=span, id=rule, bound=bound, value=value, off=off, clauses=(), head=span)


def _names_a_rule(word: str, ran: Ran) -> bool:
    """Ids of rules have dots; a measure or a group that has the name of one comes first."""
    assert ran.typed.names is not None
    return "." in word or (word in ran.typed.names.rules and word not in MEASURES)


def _value_in_force(name: tree.Name, chosen: tree.Set, ran: Ran) -> str:
    """The value of a default as it is in force, against the one expected."""
    rule_id = known_rule(name, ran)
    assert ran.typed.names is not None
    default = ran.typed.names.defaults.get(rule_id)
    if default is None:
        raise cannot_expect(
            name.span,
            f"`{rule_id}` is no default, and only defaults have a value to choose",
            help=f"write `expect rule {rule_id} binds`, or expect the measure it limits",
        )
    reader = reader_of(ran)
    wanted = read_choice(default, chosen, reader)
    sound(reader)
    assert wanted is not None
    found: list[str] = []
    for _, policy in ran.merged:
        own = [each for each in policy.standings if each.statement.rule_id == rule_id]
        held = [each.statement for each in own if each.status is Standing.IN_FORCE]
        off = any(each.status is Standing.OFF for each in own)
        if chosen.off and off:
            continue
        if not chosen.off and any(each.directive == wanted for each in held):
            continue
        said = [f"{each.directive.sentence()} ({each.path}:{each.line})" for each in held]
        found.append(f"{policy.account.id}: {'; '.join(said) or standing_of(rule_id, ran)}")
    return few(found)


# --- values of the finished portfolio -------------------------------------------------------------


def contrary_to_value(line: trial.ExpectValue, ran: Ran) -> str:
    """Where the finished portfolio is outside, or another value is in force; empty where not."""
    keep = line.keep
    assert ran.typed.names is not None
    measure = None if keep.each else keep.measure
    if measure is not None and _names_a_rule(measure.value, ran):
        return _value_in_force(measure, _chosen(line.span, measure, bound=keep.bound), ran)
    reader = reader_of(ran)
    directive = read_directive(keep, reader)
    sound(reader)
    assert directive is not None
    found: list[str] = []
    for closing in ran.closings:
        accounts = tuple(account.id for account in closing.household.accounts)
        statement = Statement(
            key="expected",
            rule_id="expected",
            title="",
            reason="",
            owner="",
            authority=reader.authority,
            origin=Origin.RULE,
            directive=directive,
            span=line.span,
        )
        found += _outside(InForce(statement, accounts), closing)
    return few(found)


def _outside(scope: InForce, closing: Closing) -> Iterator[str]:
    """Where a finished portfolio is outside a limit, however it was before."""
    for breach in scope.directive.breaches(replace(scope, strict=True), closing):
        yield breach.message + _share(breach, scope, closing)


def _share(breach: Breach, scope: InForce, closing: Closing) -> str:
    """What was found as a percentage, where it is dollars of one account."""
    if len(scope.accounts) != 1 or "$" not in breach.message:
        return ""
    whole = closing.value(closing.account(scope.accounts[0]))
    return f": {100 * breach.found / whole:.2f}% of account" if whole > 0 else ""
