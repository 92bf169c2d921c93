"""What a proposal says of its trades held against the record: sentences, the objective, the gap,
what binds and is held back, lots that wait, findings.

Neither model nor solver is asked. What only a solve can know (the prices in a ledger, the bound,
what of several rules is in the way of another) is held to what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from compiler.cash_calendar import cash_calendar
from compiler.closing import Closing, Sale, cents
from compiler.exact_check import soft_breaches
from compiler.notes import broken_notes
from compiler.statements import HouseholdPolicy
from policydsl.cash_ahead import never_met
from policydsl.document import Document, plain
from policydsl.held_back import Barrier
from policydsl.location import Elsewhere
from policydsl.long_term import turning_lot
from policydsl.not_kept import left_undone, softly_broken, unpaid
from policydsl.objective import dollars_of_a_bp, objective_terms
from policydsl.orders import about_crossing
from policydsl.propose import not_traded
from policydsl.trade_words import Group, Trade, Words
from policydsl.verification.conflicts import NOT_FOUND, conflict_differences, conflict_findings
from portfolio.household import Household
from solver.ledger import BOUND_NAMES

CENT = 0.01
OF_A_BP = 1e-6  # bp are recorded in millionths
CLOSE = 1e-6  # of a term: sums of floats in another order

ONCE = {
    "bounds": ("statement", "where"),
    "held_back": ("account_id", "security_id", "side", "statements"),
    "waits": ("account_id", "lot_id"),
    "tiers": ("priority",),
    "gives_way": ("statement", "among", "security_id", "side"),
    "faces": ("statement", "among", "side"),
}
"""Lists of a proposal, and what is one entry of them."""

Said = Iterator[tuple[str, str]]


def reason_differences(
    policy: HouseholdPolicy, household: Household, closing: Closing, document: Document
) -> Said:
    """(where, what) for each statement of a proposal that does not follow from its record."""
    yield from _sentences(policy, closing, document)
    yield from _objective(policy, closing, document)
    yield from _rules(policy, closing, document)
    yield from _waits(policy, closing, document)
    yield from _findings(policy, closing, document)
    yield from conflict_differences(policy, household, document)


# --- trades --------------------------------------------------------------------------------------


def _sentences(policy: HouseholdPolicy, closing: Closing, document: Document) -> Said:
    """Each trade is told by its figures and its ledger, and its rules are among its causes."""
    words = Words(closing, policy)
    sales: dict[tuple[str, str], list[Sale]] = {}
    for sale in closing.sales:
        sales.setdefault((sale.account_id, sale.security_id), []).append(sale)
    for order in document["trades"]:
        key = order["account_id"], order["security_id"]
        if key[0] not in closing.targets or key[1] not in closing.household.prices:
            continue  # said by the exact check, or of its rows
        try:
            told = words.told(_trade(order, tuple(sales.get(key, ()))))
        except (KeyError, ArithmeticError):
            continue  # said of its ledger, or of its rows
        if told.sentence != order["sentence"]:
            yield order["trade_id"], "its sentence is not what its ledger and its figures come to"
        if list(told.rules) != order["rules"]:
            yield order["trade_id"], "its rules are not those among its causes"


def _trade(order: Document, sales: tuple[Sale, ...]) -> Trade:
    return Trade(
        trade_id=order["trade_id"],
        account_id=order["account_id"],
        security_id=order["security_id"],
        side=order["side"],
        shares=Decimal(order["shares"]),
        price=Decimal(order["price"]),
        amount=Decimal(order["amount"]),
        cost=Decimal(order["cost"]),
        sales=sales if order["side"] == "sell" else (),
        ledger=tuple(Group(**entry) for entry in order["ledger"]),
        rules=(),
        sentence="",
        elsewhere=tuple(_elsewhere(other) for other in order["elsewhere"]),
    )


def _elsewhere(other: Document) -> Elsewhere:
    return Elsewhere(
        other["account_id"],
        other["more"],
        tuple(((entry["kind"], entry["name"]), entry["value"]) for entry in other["ledger"]),
        (
            *(Barrier("bounds", name) for name in other["bounds"]),
            *(Barrier("statements", name) for name in other["barred_by"]),
        ),
    )


# --- the objective and its bound -----------------------------------------------------------------


def _objective(policy: HouseholdPolicy, closing: Closing, document: Document) -> Said:
    """Terms by their words, their sum in bp of what may be traded, and the gap to the bound."""
    stated, gap = document["objective"], document["gap"]
    terms = objective_terms(policy, closing)
    # A washed loss is known to the cent only.
    loose = CENT * (1 + sum(bool(closing.disallowed(sale)) for sale in closing.sales))
    for name in sorted(
        stated.keys() | {each for each, value in terms.items() if abs(value) > CENT}
    ):
        mine, theirs = terms.get(name, 0.0), stated.get(name, 0.0)
        if abs(mine - theirs) > loose + CLOSE * abs(mine):
            yield "", f"its objective has {name} at ${theirs:,.2f}, its trades come to ${mine:,.2f}"
    unit = dollars_of_a_bp(closing.household, policy)
    total = sum(stated.values())
    slack = CENT * len(stated) + OF_A_BP * unit + CLOSE * sum(map(abs, stated.values()))
    if abs(total - gap["objective_bp"] * unit) > slack:
        yield "", f"its objective of ${total:,.2f} is not {gap['objective_bp']} bp of its value"
    # Rounding may use the room that the bound leaves for it, and then there is no gap.
    apart = max(0.0, gap["objective_bp"] - gap["bound_bp"])
    if abs(apart - gap["bp"]) > 2 * OF_A_BP:
        yield "", f"its gap of {gap['bp']} bp is not its objective less its bound"
    if abs(gap["bp"] * unit - gap["dollars"]) > CENT + OF_A_BP * unit:
        yield "", f"its gap of ${gap['dollars']:,.2f} is not {gap['bp']} bp of its value"


# --- rules ---------------------------------------------------------------------------------------


def _rules(policy: HouseholdPolicy, closing: Closing, document: Document) -> Said:
    """What binds, what is held back and what is broken is by statements in force, of accounts and
    securities of the household, and of no more than there is."""
    scopes = {scope.statement.key: scope for scope in policy.statements}
    yield from _once(document)
    for bound in document["bounds"]:
        scope = scopes.get(bound["statement"])
        if scope is None or scope.statement.rule_id != bound["rule_id"]:
            yield "", f"has {bound['statement']} bind, which is not in force"
        if bound["price"] <= 0:
            yield "", f"has {bound['statement']} bind at no price"
    for held in document["held_back"]:
        place = f"{held['account_id']} {held['security_id']}"
        for key in (k for k in held["statements"] if k not in scopes):
            yield place, f"is held back by {key}, which is not in force"
        if not held["statements"] or held["dollars"] < 0 or held["price"] <= 0:
            yield place, "is held back, and by nothing, or nothing of it, or worth nothing"
        most = _most(closing, held)
        if most is None:
            yield place, "is held back, and no account of the household may trade it"
        elif held["dollars"] > most + CENT:
            yield place, f"has ${held['dollars']:,.2f} held back, and there is ${most:,.2f} of it"
    priorities = {scope.statement.soft for scope in policy.statements}
    for tier in document["tiers"]:
        if tier["priority"] not in priorities:
            yield "", f"has soft rules of priority {tier['priority']}, and there are none"


def _once(document: Document) -> Said:
    """What is listed is listed once, and in the order of a run."""
    trades = [(t["account_id"], t["security_id"], t["side"]) for t in document["trades"]]
    if trades != sorted(trades):
        yield "", "its trades are not in the order in which a run writes them"
    for name, keys in ONCE.items():
        found = [str([each[key] for key in keys]) for each in document[name]]
        if len(found) > len({*found}):
            yield "", f"its {name.replace('_', ' ')} say something twice"


def _most(closing: Closing, held: Document) -> float | None:
    """Dollars of a security that an account could sell, or could buy to have its target; None where
    it may trade none."""
    owner, name = held["account_id"], held["security_id"]
    if owner not in closing.targets or name not in closing.household.prices:
        return None
    price = closing.household.prices[name]
    if held["side"] == "sell":
        return float(closing.shares_before.get((owner, name), Decimal(0)) * price)
    portfolio = next(p for p in closing.portfolios if owner in p.meant)
    members = [a for a in closing.household.accounts if a.id in portfolio.members]
    wanted = portfolio.target.get(name, Decimal(0)) * sum(map(closing.value, members), Decimal(0))
    return float(wanted)


# --- lots that wait ------------------------------------------------------------------------------


def _waits(policy: HouseholdPolicy, closing: Closing, document: Document) -> Said:
    """The day, the gain and what waiting saves are those of the law; what a dollar brings then is
    what it costs today less that."""
    sold = {sale.lot.id for sale in closing.sales}
    for wait in document["waits"]:
        turns = turning_lot(policy, closing, wait["account_id"], wait["lot_id"])
        if turns is None or wait["lot_id"] in sold:
            yield wait["lot_id"], "waits to turn long-term, and does not"
            continue
        comes_to = {
            "long_term_from": turns.day.isoformat(),
            "amount": plain(turns.amount),
            "gain": plain(turns.gain),
            "saves": plain(cents(turns.saves)),
        }
        wrong = [name for name, value in comes_to.items() if wait[name] != value]
        if abs(float(turns.saves / turns.amount) - wait["costs"] - wait["brings"]) > 2e-9:
            wrong.append("brings")
        for name in wrong:
            yield wait["lot_id"], f"waits, and its {name.replace('_', ' ')} is not what it comes to"


# --- findings ------------------------------------------------------------------------------------


def _findings(policy: HouseholdPolicy, closing: Closing, document: Document) -> Said:
    """What has to be found is found, and nothing is found that is not so."""
    findings = document["findings"]
    calendar = cash_calendar(policy, closing)
    payments = [f"not kept yet ({each.asked}): {each.message}" for each in unpaid(policy, closing)]
    needed = [
        *not_traded(closing.household, policy),
        *policy.remarks,
        *broken_notes(policy, closing),
        *never_met(policy, closing.household, calendar),
        *(softly_broken(scope, breach.message) for scope, breach in soft_breaches(policy, closing)),
        *payments,
        *conflict_findings(policy, document),
    ]
    traded = {order["account_id"] for order in document["trades"]}
    # These go on: with why, with how many other clients.
    begins = [
        NOT_FOUND,
        *(f"{a} is left as it is: no order found for it" for a in closing.targets.keys() - traded),
        *held_against(policy),
    ]
    goes_on = in_the_way(policy, [*payments, *left_undone(policy, closing)])
    so = {*needed, *left_undone(policy, closing)}
    for said in needed:
        if not any(finding == said or finding.startswith(f"{said}; ") for finding in findings):
            yield "", f"does not find: {said}"
    for finding in findings:
        if finding not in so and not (
            any(map(finding.startswith, begins)) or goes_on.fullmatch(finding)
        ):
            yield "", f"finds what is not so: {finding}"


def held_against(policy: HouseholdPolicy) -> list[str]:
    """How findings begin that say how many other clients' orders a run knew."""
    about = (scope.statement for scope in about_crossing(policy))
    return [f"{s.rule_id} ({s.path}:{s.line}): held against the orders of " for s in about]


def in_the_way(policy: HouseholdPolicy, findings: Sequence[str]) -> re.Pattern[str]:
    """Findings with what is in their way: rules in force, or what holds without any, by how much;
    the dollars are a solve's."""
    statements = [scope.statement for scope in policy.statements]
    bounds = [*BOUND_NAMES.values(), "netting region"]
    ids = _one_of([*(each.rule_id for each in statements), *bounds]) + r"|physics\.\w+"
    says = _one_of(
        [f"{s.directive.sentence()} ({s.rule_id}, {s.path}:{s.line})" for s in statements]
    )
    one, missing = rf"{says}(, by \$[\d,]+)?", r"without them \$[\d,]+ would still be missing"
    way = rf"in the way: (({ids})(, ({ids}))*|{one}(; {one})*(; {missing})?)"
    return re.compile(rf"{_one_of(findings)}; ({way}|there is nothing more to sell)")


def _one_of(texts: Iterable[str]) -> str:
    """A pattern for one of these texts, and for nothing where there is none."""
    return rf"(?:{'|'.join(map(re.escape, texts)) or '(?!)'})"
