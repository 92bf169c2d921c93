"""What a test expects, held against what came of it: one failure an expectation that is not met."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from compiler.layers import Status as Standing
from compiler.reader import closest
from grammar import trial
from grammar.diagnostics import Diagnostic, Severity
from grammar.wording import one_row
from grammar.write_tests import trial_line
from policydsl.propose import Proposal, Status
from policydsl.trials.binding import but_for, evidence, ids_at
from policydsl.trials.codes import BAD_EXPECTATION, NOT_MET, NOT_TRADED
from policydsl.trials.facts import LineError
from policydsl.trials.judge_trades import contrary_to_never, contrary_to_trade
from policydsl.trials.judge_values import contrary_to_setting, contrary_to_value
from policydsl.trials.reading import cannot_expect, few, known_rule, standing_of
from policydsl.trials.run import Ran

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
                label=few(_untraded(proposal, ran)) or "no reason is given",
                help=f"mend it, or write `expect status {proposal.status}` where that is right",
            )


def _untraded(proposal: Proposal, ran: Ran) -> Iterator[str]:
    """Why a household was not traded, with the messages of the mistakes that are named."""
    for finding in proposal.findings:
        said = dict.fromkeys(
            each.message
            for each in ran.diagnostics
            if f"{each.code} {each.primary.span.path}:{each.primary.span.line}" in finding
        )
        yield ": ".join([finding, *said])


def _rule(line: trial.ExpectRule, ran: Ran) -> str:
    rule_id = known_rule(line.rule, ran)
    if line.verb == "applies":
        applies = any(
            standing.statement.rule_id == rule_id
            and standing.status in (Standing.IN_FORCE, Standing.NOTED)
            for _, policy in ran.merged
            for standing in policy.standings
        )
        if applies is not line.never:
            return ""
        return "it applies" if applies else f"it does not: {standing_of(rule_id, ran)}"
    reason = evidence(ran).get(rule_id, "") or but_for(ran, rule_id)
    if bool(reason) is not line.never:
        return ""
    return reason or f"nothing would change without it ({standing_of(rule_id, ran)})"


# --- findings and statuses -----------------------------------------------------------------------


def _finding(line: trial.ExpectFinding, ran: Ran) -> str:
    wanted = Severity(line.severity)
    found = [each for each in ran.diagnostics if each.severity is wanted]
    for each in found:
        if each.code == line.code.value and (line.at is None or line.at.value in _ids(each, ran)):
            return ""
    said = [f"{each.code} at {', '.join(sorted(_ids(each, ran))) or 'no rule'}" for each in found]
    return f"found instead: {few(said)}" if said else f"no {line.severity} is found"


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
    return f": {few(proposal.findings)}" if proposal.findings else ""


_JUDGES: dict[type[trial.Expect], Callable[..., str]] = {
    trial.ExpectNever: contrary_to_never,
    trial.ExpectTrade: contrary_to_trade,
    trial.ExpectRule: _rule,
    trial.ExpectSetting: contrary_to_setting,
    trial.ExpectValue: contrary_to_value,
    trial.ExpectFinding: _finding,
    trial.ExpectStatus: _status,
}
