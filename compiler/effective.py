"""What holds for one account today: every value with its winner, its losers, and why.

`effective` computes it; `effective_report` shows it to people and programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from compiler.bands_in_words import joined, one_sided, range_of, said
from compiler.check import TypedPolicies
from compiler.clashes import Clash, grouped, is_setting, topic
from compiler.directives.base import Family
from compiler.directives.waiver_limit import days
from compiler.effective_lines import EffectiveAccount, Line, Slot
from compiler.effective_model import model_in_effect
from compiler.layers import AccountPolicy, Standing, Status, WaiverStanding, dollars, fold
from compiler.ranges import Measure, Range, below
from compiler.statements import Origin, Statement
from grammar.diagnostics import Diagnostic, in_order
from portfolio.household import Account, Household


def effective(typed: TypedPolicies, household: Household, account_id: str) -> EffectiveAccount:
    """What holds for an account on the household's day. Raises KeyError for an unknown account."""
    account = next((each for each in household.accounts if each.id == account_id), None)
    if account is None:
        raise KeyError(account_id)
    policy = fold(typed, household, account)
    model, kept_out = model_in_effect(typed, household, account)
    view = _View(typed, household, policy, dollars(household, account))
    return EffectiveAccount(
        account_id,
        tuple(_facts(household, account)),
        (*policy.held, *kept_out),
        tuple(view.slots()),
        _diagnostics(typed, policy),
        tuple(view.absent()),
        model,
    )


def _facts(household: Household, account: Account) -> Iterator[str]:
    yield account.type
    tags = ", ".join(sorted(household.tags))
    yield f"household {household.id}" + (f" ({tags})" if tags else "")
    if household.advisor:
        yield f"advisor {household.advisor}"
    if account.program:
        yield f"program {account.program}"


def _diagnostics(typed: TypedPolicies, policy: AccountPolicy) -> tuple[Diagnostic, ...]:
    """The clashes met by this account, and the mistakes of the faults and waivers that reach it."""
    causes = {cause for fault in policy.faults for cause in fault.causes}
    causes |= {cause for each in policy.waivers for cause in each.causes}
    found = [
        each
        for each in typed.diagnostics
        if f"{each.code} {each.primary.span.path}:{each.primary.span.line}" in causes
    ]
    found += (clash.diagnostic for clash in policy.clashes)
    found += (each.found for each in policy.waivers if each.found is not None)
    return in_order(dict.fromkeys(found))


# --- slots ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _View:
    typed: TypedPolicies
    household: Household
    policy: AccountPolicy
    measure: Measure

    def slots(self) -> Iterator[Slot]:
        slots = grouped((_slot(each.statement), each) for each in self.policy.standings)
        for _, standings in sorted(slots.items(), key=lambda each: _rank(*each)):
            lines = tuple(
                line for standing in standings for line in self.lines(standing, standings)
            )
            lines += tuple(self.waivers(standings))
            if lines:
                order = sorted(lines, key=_line_order)
                grants = tuple(self.grants(standings))
                topical = topic(standings[0].statement)
                yield Slot(topical, self.value(standings), tuple(order), grants)

    def grants(self, standings: Sequence[Standing]) -> Iterator[Line]:
        """Who may set the defaults of a slot, and how far."""
        keys = {each.statement.key for each in standings if each.status in _HERE}
        for grant in self.typed.grants:
            if grant.statement.key in keys:
                layers = ", ".join(each for each in self.typed.layers if each in grant.layers)
                value = "off" if grant.off else grant.describe()
                made = _line(grant.statement, "may set", f"{layers}: {value}", "")
                yield replace(made, line=grant.span.line)

    def absent(self) -> Iterator[Line]:
        """The statements that do not speak of the account today, and why not."""
        for standing in self.policy.standings:
            statement = standing.statement
            if standing.status is Status.NOT_TODAY:
                yield _line(statement, "waits", self.says(statement), self._days(statement))
            elif standing.status is Status.NOT_HERE:
                guards = " and ".join(each.describe() for each in statement.guards)
                why = f"for accounts where {guards}" if guards else "its default is not here"
                yield _line(statement, "elsewhere", self.says(statement), why)

    def value(self, standings: Sequence[Standing]) -> str:
        """What holds of a slot, in words."""
        if any(each.status is Status.ERROR for each in standings):
            codes = sorted({each.diagnostic.code for each in self._clashes(standings)})
            return " ".join(["undecided", *codes])
        inside = _in_force(standings)
        if not inside:
            return "no limit" if _limits(standings) else "nothing in force"
        if not _limits(standings):
            return "; ".join(dict.fromkeys(self.says(each) for each in inside))
        hard = [each for each in inside if each.soft is None]
        if not hard:
            return "; ".join(f"{said(each.directive)}, {_softly(each)}" for each in inside)
        low, high = self.ends(hard)
        return joined(low, high)

    def _clashes(self, standings: Sequence[Standing]) -> Iterator[Clash]:
        keys = {each.statement.key for each in standings}
        for clash in self.policy.clashes:
            if any(loser.key in keys for loser in clash.losers):
                yield clash

    def says(self, statement: Statement) -> str:
        """What a statement says about its slot, with the time it leaves for existing positions."""
        directive = statement.directive
        if statement.off:
            return "off"
        if directive.slot[0].startswith(("never ", "only ")):
            return "; ".join([directive.slot[0], *self._transitions(statement)])
        today = directive.describe_today(statement, self.household)
        return said(directive) + (f" ({today})" if today else "")

    def _transitions(self, statement: Statement) -> Iterator[str]:
        for each in statement.transitions:
            things = each.selection.describe()
            who = "existing positions" if things == "anything" else f"existing {things}"
            if each.stay:
                yield f"{who} may stay"
            elif each.by is not None:
                yield f"{who} comply by {each.by}"
            elif each.evenly is not None:
                yield f"{who} comply {each.evenly.describe()}"
            elif each.within is not None:
                yield f"{who} comply within {each.within.describe()}"

    def ends(self, statements: Sequence[Statement]) -> tuple[Statement | None, Statement | None]:
        """Who states the highest lower end and the lowest upper end; the higher layer on a tie."""
        low: Statement | None = None
        high: Statement | None = None
        for each in statements:
            bounds = each.directive.range or Range()
            if bounds.low is not None and (
                low is None or below(range_of(low).low, bounds.low, self.measure)
            ):
                low = each
            if bounds.high is not None and (
                high is None or below(bounds.high, range_of(high).high, self.measure)
            ):
                high = each
        return low, high

    # --- lines ---

    def lines(self, standing: Standing, slot: Sequence[Standing]) -> Iterator[Line]:
        """What a statement contributes to its slot: one line, or one for each of its ends."""
        statement = standing.statement
        if standing.status is Status.IN_FORCE and _limits(slot) and statement.soft is None:
            hard = [each for each in _in_force(slot) if each.soft is None]
            yield from self._ends_of(statement, hard)
            return
        verb, why = self._verdict(standing)
        if verb:
            yield _line(statement, verb, self.says(statement), why, standing.by)

    def _verdict(self, standing: Standing) -> tuple[str, str]:
        """The verb and reason of a statement that is not a limit in force; no verb: not shown."""
        statement, by = standing.statement, standing.by
        match standing.status:
            case Status.IN_FORCE:
                why = self._won(statement)
                if statement.soft is not None:
                    why = "; ".join(filter(None, (why, _softly(statement))))
                wins = is_setting(statement) and statement.soft is None
                return ("wins" if wins else "applies"), why
            case Status.REPLACED:
                return "loses", self._replaced(statement, by)
            case Status.NARROWED:
                return "loses", f"{by.rule_id if by else 'another'} has the narrower scope"
            case Status.OFF:
                return "wins", "switched off"
            case Status.WAIVED:
                return "loses", "waived whole"
            case Status.NOTED:
                return "notes", "reported, never constrains"
            case Status.EXCEPTED:
                return "excepted", f"when {self._exception(statement)}"
            case Status.NOT_TODAY:
                return "waits", self._days(statement)
            case Status.UNKNOWN:
                return "loses", "what it needs is missing"
            case Status.ERROR:
                return "error", self._error(statement)
            case Status.NOT_HERE:
                return "", ""

    def _error(self, statement: Statement) -> str:
        found = {
            clash.diagnostic.code
            for clash in self.policy.clashes
            if any(loser.key == statement.key for loser in clash.losers)
        }
        return " ".join(sorted(found)) or "the value chosen for it is in error"

    def _exception(self, statement: Statement) -> str:
        return " or ".join(
            each.condition.describe() for each in statement.carveouts if each.condition is not None
        )

    def _days(self, statement: Statement) -> str:
        today = self.household.as_of
        if statement.starts is not None and today < statement.starts:
            return f"from {statement.starts}"
        return f"ended on {statement.ends}"

    def _replaced(self, statement: Statement, by: Statement | None) -> str:
        if by is None:
            return "replaced"
        if statement.origin is Origin.SET:
            return f"{by.authority.layer} is the lower layer"
        allowing = [
            grant.span.line
            for grant in self.typed.grants_of.get(statement.key, ())
            if by.authority.layer in grant.layers
        ]
        return "replaced" + (f", as line {allowing[0]} allows" if allowing else "")

    def _won(self, statement: Statement) -> str:
        if statement.origin is Origin.SET:
            return "lowest layer allowed" + self._inside(statement)
        if statement.origin is Origin.DEFAULT:
            layers = [
                layer
                for layer in self.typed.layers
                for grant in self.typed.grants_of.get(statement.key, ())
                if layer in grant.layers
            ]
            names = ", ".join(dict.fromkeys(layers))
            return f"{names} may set, did not" if names else "no layer may set it"
        return ""

    def _inside(self, statement: Statement) -> str:
        words = [
            grant.describe()
            for grant in self.typed.grants_of.get(statement.rule_id, ())
            if statement.authority.layer in grant.layers and grant.boundary is not None
        ]
        return f"; inside {words[0]}" if words else ""

    # --- waivers ---

    @cached_property
    def _waived(self) -> dict[str, list[int]]:
        """The places of the waivers of each rule."""
        waivers = enumerate(self.policy.waivers)
        return grouped((each.waiver.rule_id, at) for at, each in waivers)

    def waivers(self, slot: Sequence[Standing]) -> Iterator[Line]:
        """The waivers of the rules of a slot that hold here, or would but for a waiver."""
        here = {
            each.statement.rule_id
            for each in slot
            if each.status in (Status.IN_FORCE, Status.WAIVED)
        }
        places = sorted(at for rule_id in here for at in self._waived.get(rule_id, ()))
        for standing in map(self.policy.waivers.__getitem__, places):
            waiver = standing.waiver
            things = "" if waiver.selection is None else waiver.selection.describe()
            value = f"existing {things}" if waiver.existing else things
            verb, why = "not waived", ", ".join(_said(cause) for cause in standing.causes)
            if not standing.causes:
                verb, why = "waived", "; ".join(_terms(standing))
                value = f"{value} until {waiver.ends}"
            span = waiver.span
            layer, rank = str(waiver.authority), waiver.authority.rank
            yield Line(
                verb, value, waiver.rule_id, span.path, span.line, why, layer, rank, "waiver"
            )

    # --- limits ---

    def _ends_of(self, statement: Statement, others: Sequence[Statement]) -> Iterator[Line]:
        low, high = self.ends(others)
        stated = range_of(statement)
        won = [end for end, winner in (("low", low), ("high", high)) if winner is statement]
        lost = [
            end for end in ("low", "high") if getattr(stated, end) is not None and end not in won
        ]
        if won:
            value = said(one_sided(statement.directive, *won))
            yield _line(statement, "wins", value, self._why_won(statement, others))
        if not lost:
            return
        tighter = [low if end == "low" else high for end in lost]
        value = said(one_sided(statement.directive, *lost))
        lower = [
            each for each in tighter if each and each.authority.rank > statement.authority.rank
        ]
        if not won and len(lower) == len(tighter) and not is_setting(statement):
            yield _line(statement, "wider", value, "bounds every value")
            return
        names = dict.fromkeys(each.rule_id for each in tighter if each)
        same = all(each and _equal(stated, range_of(each), lost, self.measure) for each in tighter)
        verb = "is" if len(names) == 1 else "are"
        why = "says the same" if same else f"{verb} tighter"
        yield _line(statement, "loses", value, f"{' and '.join(names)} {why}")

    def _why_won(self, statement: Statement, others: Sequence[Statement]) -> str:
        if is_setting(statement):
            return self._won(statement)
        above = [each for each in others if each.authority.rank < statement.authority.rank]
        return "a lower rule may tighten" if above else ""


def _softly(statement: Statement) -> str:
    return f"soft, priority {statement.soft}"


def _equal(a: Range, b: Range, ends: Sequence[str], measure: Measure) -> bool:
    """Whether two ranges are worth the same at these ends."""
    pairs = [(getattr(a, end), getattr(b, end)) for end in ends]
    return not any(below(x, y, measure) or below(y, x, measure) for x, y in pairs)


def _said(cause: str) -> str:
    """The code of a cause; what it says where it has none."""
    code, _, rest = cause.partition(" ")
    return code if re.fullmatch(r"[EW]\d{4}", code) else rest


def _terms(standing: WaiverStanding) -> Iterator[str]:
    """What makes a waiver hold: its length, who approved it, how far it may go."""
    waiver, limit = standing.waiver, standing.limit
    if waiver.days is not None:
        inside = "" if limit is None else f", allowed by {limit.rule_id}"
        yield days(waiver.days) + inside
    yield f"approved by {waiver.approver}"
    if waiver.allowed is not None:
        yield f"as far as {waiver.allowed.describe()} may be waived"


def _in_force(standings: Sequence[Standing]) -> list[Statement]:
    return [each.statement for each in standings if each.status is Status.IN_FORCE]


def _limits(standings: Sequence[Standing]) -> bool:
    return standings[0].statement.directive.family is Family.LIMIT


def _slot(statement: Statement) -> tuple[str, ...]:
    return statement.directive.slot


_HERE = frozenset(Status) - {Status.NOT_TODAY, Status.NOT_HERE}

_FAMILIES = (Family.LIMIT, Family.RESTRICTION, Family.SETTING, Family.SCHEDULE)


def _rank(slot: tuple[str, ...], standings: Sequence[Standing]) -> tuple[int, tuple[str, ...]]:
    return _FAMILIES.index(standings[0].statement.directive.family), slot


_VERBS = (
    "wins",
    "applies",
    "error",
    "excepted",
    "loses",
    "wider",
    "waits",
    "waived",
    "not waived",
    "notes",
)


def _line_order(line: Line) -> tuple[int, str, int, str]:
    return _VERBS.index(line.verb), line.path, line.line, line.value


def _line(
    statement: Statement, verb: str, value: str, why: str, by: Statement | None = None
) -> Line:
    return Line(
        verb,
        value,
        _name(statement),
        statement.path,
        statement.line,
        why,
        str(statement.authority),
        statement.authority.rank,
        statement.origin.value,
        "" if by is None else f"{_name(by)} {by.path}:{by.line}",
        statement.soft,
    )


def _name(statement: Statement) -> str:
    return f"set {statement.rule_id}" if statement.origin is Origin.SET else statement.rule_id
