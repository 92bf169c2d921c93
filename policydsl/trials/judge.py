"""What a test expects, held against what came of it: one failure an expectation that is not met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from compiler.attributes import Environment
from compiler.choices import read_choice
from compiler.closing import Closing, Purchase, Sale
from compiler.directives.base import Breach
from compiler.directives.read import MEASURES, read_directive
from compiler.layers import Status as Standing
from compiler.read_conditions import read_condition, read_selection
from compiler.reader import Reader, closest, did_you_mean
from compiler.selections import Selection
from compiler.statements import Authority, InForce, Origin, Statement
from grammar import tree, trial
from grammar.diagnostics import Diagnostic, Severity
from grammar.spans import Span
from grammar.tree import Mode, Side, Unit
from grammar.wording import one_row
from grammar.write_tests import trial_line
from policydsl.propose import Proposal, Status
from policydsl.trials.binding import but_for, evidence, ids_at
from policydsl.trials.codes import BAD_EXPECTATION, NOT_MET, NOT_TRADED
from policydsl.trials.facts import LineError
from policydsl.trials.run import Ran
from portfolio.household import Lot

WENT_WRONG = (Status.EXCEPTION, Status.INFEASIBLE, Status.DATA_HOLD, Status.FAILED)


def judge(ran: Ran) -> Iterator[Diagnostic]:
    """Every expectation of a case that is not met, and what stands in the way of judging it."""
    yield from _traded(ran)
    if not ran.case.expected:
        head = ran.case.test.head
        yield BAD_EXPECTATION.at(
            head, "this test expects nothing", help='add a line such as `expect never buy "ABC"`'
        )
    for line in ran.case.expected:
        try:
            found = _JUDGES[type(line)](line, ran)
        except LineError as mistake:
            yield mistake.diagnostic
            continue
        if found:
            said = one_row(trial_line(line)).removeprefix("expect ")
            yield NOT_MET.at(line.span, f"expected: {said}", label=found)


def _traded(ran: Ran) -> Iterator[Diagnostic]:
    """A household that could not be traded proves nothing, unless that is what is expected."""
    if any(
        isinstance(line, trial.ExpectStatus)
        or (isinstance(line, trial.ExpectFinding) and line.severity == "error")
        for line in ran.case.expected
    ):
        return
    for proposal in ran.proposals:
        if proposal.status in WENT_WRONG:
            yield NOT_TRADED.at(
                ran.case.test.head,
                f"household {proposal.household.id} ends as {proposal.status}",
                label="; ".join(proposal.findings) or "no reason is given",
                help=f"mend it, or write `expect status {proposal.status}` where that is right",
            )


def cannot_expect(span: Span, message: str, label: str = "", help: str = "") -> LineError:
    """An expectation that cannot be judged."""
    return LineError(BAD_EXPECTATION.at(span, message, label=label, help=help))


# --- reading -------------------------------------------------------------------------------------


def _reader(ran: Ran) -> Reader:
    """Reads the words of a test as a file of the lowest layer would."""
    assert ran.typed.names is not None
    reader = ran.typed.names.reader(ran.typed.layers)
    reader.authority = Authority("account", reader.authority.rank)
    reader.securities = frozenset(
        name
        for household, _ in ran.accounts
        for security in household.securities.values()
        for name in (security.id, security.ticker)
    )
    return reader


def _sound(reader: Reader) -> None:
    """Raises LineError with the first thing found while reading."""
    for found in reader.diagnostics:
        raise LineError(replace(found, code=BAD_EXPECTATION.id, severity=Severity.ERROR))


def _selection(things: tree.Things, reader: Reader) -> Selection:
    """What an expectation is about; accounts may be picked too. Raises LineError."""
    items = tuple(item for item in things.items if item.value != "cash")
    found = read_selection(replace(things, items=items, where=None), reader)
    where = None if things.where is None else read_condition(things.where, reader)
    _sound(reader)
    assert found is not None
    return replace(found, where=where)


def _row_selected(row: Sale | Purchase, selection: Selection, closing: Closing) -> bool:
    account = closing.account(row.account_id)
    security = closing.household.securities[row.security_id]
    lot = row.lot if isinstance(row, Sale) else None
    return selection.truth(Environment(closing.household, account, security, lot)) is True


# --- never, only ---------------------------------------------------------------------------------


def _never(line: trial.ExpectNever, ran: Ran) -> str:
    restriction = line.restriction
    selection = _selection(restriction.things, _reader(ran))
    if restriction.mode is Mode.NEVER and not _is_there(selection, ran):
        raise cannot_expect(
            restriction.things.span,
            "nothing in this test is meant by this",
            "no security given is one of these",
            "give one, so that the test can fail",
        )
    found: list[str] = []
    for closing in ran.closings:
        rows = [row for row in closing.trades if _of_action(row, restriction.action)]
        for row in rows:
            if _row_selected(row, selection, closing) is (restriction.mode is Mode.NEVER):
                found.append(_told(row))
        if restriction.action == "hold":
            found += _held(closing, selection, restriction.mode)
    return "; ".join(found)


def _is_there(selection: Selection, ran: Ran) -> bool:
    return any(
        selection.security(Environment(household, account, security)) is True
        for household, account in ran.accounts
        for security in household.securities.values()
    )


def _of_action(row: Sale | Purchase, action: str) -> bool:
    match action:
        case "buy":
            return isinstance(row, Purchase)
        case "sell":
            return isinstance(row, Sale)
        case "harvest":
            return isinstance(row, Sale) and row.gain < 0
    return action == "trade"


def _held(closing: Closing, selection: Selection, mode: Mode) -> Iterator[str]:
    for (account_id, name), shares in sorted(closing.shares_after.items()):
        account, security = closing.account(account_id), closing.household.securities[name]
        lots: list[Lot | None] = [lot for lot in account.lots if lot.security_id == name]
        chosen = any(
            selection.truth(Environment(closing.household, account, security, lot)) is True
            for lot in lots or [None]
        )
        if shares and chosen is (mode is Mode.NEVER):
            yield f"{account_id} holds {shares.normalize():f} {name} after the trades"


def _told(row: Sale | Purchase) -> str:
    verb = "sold" if isinstance(row, Sale) else "bought"
    return f"{row.shares.normalize():f} {row.security_id} {verb} in {row.account_id}"


# --- trades --------------------------------------------------------------------------------------


def _trade(line: trial.ExpectTrade, ran: Ran) -> str:
    selection = _selection(line.things, _reader(ran))
    amount = line.amount
    shares = dollars = held = Decimal(0)
    for closing in ran.closings:
        for row in closing.trades:
            if _of_action(row, line.action) and _row_selected(row, selection, closing):
                shares += row.shares
                dollars += row.amount
        held += _shares_held(closing, selection)
    if amount is None:
        return "" if shares else f"no such trade: {_all_trades(ran)}"
    if not isinstance(amount, tree.Quantity):
        raise cannot_expect(amount.span, f"`{amount.value}` stands for no amount")
    match amount.unit:
        case Unit.SHARES | Unit.NONE:
            found, wanted, said = shares, amount.value, f"{shares.normalize():f} shares"
        case Unit.MONEY:
            found, wanted, said = dollars, amount.value, f"${dollars:,.2f}"
        case Unit.PERCENT if line.action == "sell":
            found, wanted = 100 * shares, amount.value * held
            said = f"{shares.normalize():f} of {held.normalize():f} shares"
        case _:
            raise cannot_expect(
                amount.span, "how much is traded?", help="write `50 shares` or `$5,000`"
            )
    met = {Side.AT_LEAST: found >= wanted, Side.AT_MOST: found <= wanted}
    if met.get(line.side, found == wanted) if line.side else found == wanted:
        return ""
    verb = "bought" if line.action == "buy" else "sold"
    return f"{said} {verb}" if shares else f"no such trade: {_all_trades(ran)}"


def _shares_held(closing: Closing, selection: Selection) -> Decimal:
    return sum(
        (
            lot.shares
            for account in closing.household.accounts
            for lot in account.lots
            if selection.truth(
                Environment(
                    closing.household, account, closing.household.securities[lot.security_id], lot
                )
            )
            is True
        ),
        Decimal(0),
    )


def _all_trades(ran: Ran) -> str:
    found = [_told(row) for closing in ran.closings for row in closing.trades]
    return "; ".join(found) or "nothing is traded"


# --- rules ---------------------------------------------------------------------------------------


def _known_rule(name: tree.Name, ran: Ran) -> str:
    assert ran.typed.names is not None
    if name.value not in ran.typed.names.rules:
        raise cannot_expect(
            name.span,
            f"there is no rule `{name.value}`",
            "no file has this id",
            did_you_mean(name.value, ran.typed.names.rules),
        )
    return name.value


def _rule(line: trial.ExpectRule, ran: Ran) -> str:
    rule_id = _known_rule(line.rule, ran)
    if line.verb == "applies":
        applies = any(
            standing.statement.rule_id == rule_id
            and standing.status in (Standing.IN_FORCE, Standing.NOTED)
            for _, policy in ran.merged
            for standing in policy.standings
        )
        if applies is not line.never:
            return ""
        return "it applies" if applies else f"it does not: {_standing(rule_id, ran)}"
    reason = evidence(ran).get(rule_id, "") or but_for(ran, rule_id)
    if bool(reason) is not line.never:
        return ""
    return reason or f"nothing would change without it ({_standing(rule_id, ran)})"


def _standing(rule_id: str, ran: Ran) -> str:
    said = [
        f"{standing.status} for {policy.account.id}"
        + (f" through {standing.by.rule_id} at {standing.by.authority}" if standing.by else "")
        for _, policy in ran.merged
        for standing in policy.standings
        if standing.statement.rule_id == rule_id
    ]
    return ", ".join(dict.fromkeys(said)) or "it reaches no account of this test"


def _setting(line: trial.ExpectSetting, ran: Ran) -> str:
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
    rule_id = _known_rule(name, ran)
    assert ran.typed.names is not None
    default = ran.typed.names.defaults.get(rule_id)
    if default is None:
        raise cannot_expect(
            name.span,
            f"`{rule_id}` is no default, and only defaults have a value to choose",
            help=f"write `expect rule {rule_id} binds`, or expect the measure it limits",
        )
    reader = _reader(ran)
    wanted = read_choice(default, chosen, reader)
    _sound(reader)
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
        found.append(f"{policy.account.id}: {'; '.join(said) or _standing(rule_id, ran)}")
    return "; ".join(found)


# --- values --------------------------------------------------------------------------------------


def _value(line: trial.ExpectValue, ran: Ran) -> str:
    keep = line.keep
    assert ran.typed.names is not None
    measure = None if keep.each else keep.measure
    if measure is not None and _names_a_rule(measure.value, ran):
        return _value_in_force(measure, _chosen(line.span, measure, bound=keep.bound), ran)
    reader = _reader(ran)
    directive = read_directive(keep, reader)
    _sound(reader)
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
    return "; ".join(dict.fromkeys(found))


def _outside(scope: InForce, closing: Closing) -> Iterator[str]:
    """Where a finished portfolio is outside a limit, however it was before."""
    for breach in scope.directive.breaches(replace(scope, strict=True), closing):
        yield breach.message + _share(breach, scope, closing)


def _share(breach: Breach, scope: InForce, closing: Closing) -> str:
    """What was found as a percentage, where it is dollars of one account."""
    if len(scope.accounts) != 1 or breach.unit != "dollars":
        return ""
    whole = closing.value(closing.account(scope.accounts[0]))
    return f": {100 * breach.found / whole:.2f}% of account" if whole > 0 else ""


# --- findings and statuses -----------------------------------------------------------------------


def _finding(line: trial.ExpectFinding, ran: Ran) -> str:
    wanted = Severity(line.severity)
    found = [each for each in ran.diagnostics if each.severity is wanted]
    for each in found:
        if each.code == line.code.value and (line.at is None or line.at.value in _ids(each, ran)):
            return ""
    said = [f"{each.code} at {', '.join(sorted(_ids(each, ran))) or 'no rule'}" for each in found]
    return f"found instead: {'; '.join(said)}" if said else f"no {line.severity} is found"


def _ids(diagnostic: Diagnostic, ran: Ran) -> set[str]:
    labels = (diagnostic.primary, *diagnostic.related)
    return {rule_id for label in labels for rule_id in ids_at(ran, label.span)}


def _status(line: trial.ExpectStatus, ran: Ran) -> str:
    if line.status.value not in [status.value for status in Status]:
        near = closest(line.status.value, [status.value for status in Status])
        raise cannot_expect(
            line.status.span,
            f"no household ends as `{line.status.value}`",
            help=f"did you mean `{near}`?" if near else "one of: " + ", ".join(Status),
        )
    return "; ".join(
        f"{each.household.id} ends as {each.status}{_reasons(each)}"
        for each in ran.proposals
        if each.status != line.status.value
    )


def _reasons(proposal: Proposal) -> str:
    return f": {'; '.join(proposal.findings)}" if proposal.findings else ""


_JUDGES: dict[type[trial.Expect], Callable[..., str]] = {
    trial.ExpectNever: _never,
    trial.ExpectTrade: _trade,
    trial.ExpectRule: _rule,
    trial.ExpectSetting: _setting,
    trial.ExpectValue: _value,
    trial.ExpectFinding: _finding,
    trial.ExpectStatus: _status,
}
