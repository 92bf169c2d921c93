"""Sealed explanations held against the run that they belong to, without solving anything.

What an answer would have been without a rule no reader can know; but that the file is the one that
was sealed, for this run, that one side of it is the record, and that everything else in it follows
from both sides, the policies and the book, is proved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

from compiler.assumptions import assumptions_for
from compiler.closing import Closing, Purchase, Sale, purchase_of, sale_of
from policydsl.document import Document, measures_document, plain, statements_document
from policydsl.explanations.alternatives import lot_facts, waiting
from policydsl.explanations.but_for import bounding, effect, more_statements, targets
from policydsl.explanations.not_done import active, cash_facts, losses, tax_saved
from policydsl.explanations.sealed import NotSealedError, opened
from policydsl.explanations.sides import BROKEN, RATES, differences, kept_alike, side
from policydsl.explanations.without import lines_of, waivers_of, without_rule
from policydsl.inputs import Inputs, policy_of
from policydsl.propose import Status, empty_closing
from policydsl.record.digests import EXPLANATIONS
from policydsl.verification.proposal import LEDGER_TOLERANCE, SOLVED, Difference
from portfolio.household import Household

Check = Callable[[Document, Document, Inputs], Iterator[str]]


def verify_explanations(
    folder: Path, documents: Mapping[str, Document], inputs: Inputs, counts: dict[str, int]
) -> Iterator[Difference]:
    """What in the files under `explanations/` does not follow from the record, the policies and the
    book; `documents` are the run's proposals by household. Adds to `counts["explanations"]`. A file
    that is not what was sealed for this run is left to `folder_differences`."""
    changed_by = cache(lambda rule_id: without_rule(inputs, rule_id)[0])
    checks: dict[str, Check] = {**CHECKS, "but-for": partial(_but_for, changed_by=changed_by)}
    for path in sorted((folder / EXPLANATIONS).rglob("*.json")):
        counts["explanations"] += 1
        name = path.relative_to(folder).as_posix()
        try:
            explanation = opened(path.read_bytes())
        except (OSError, NotSealedError):
            continue
        document = documents.get(explanation["question"]["household_id"])
        if document is None:
            yield Difference(name, "is of a household that the run does not have")
            continue
        for what in checks[explanation["question"]["kind"]](explanation, document, inputs):
            yield Difference(name, what)


def _but_for(
    explanation: Document,
    document: Document,
    inputs: Inputs,
    changed_by: Callable[[str], Inputs],
) -> Iterator[str]:
    question, answer = explanation["question"], explanation["answer"]
    before, after = _present(answer["as_it_was"]), _present(answer["without"])
    if before != side(document):
        yield "its answer as it was is not that of the run"
        return
    household = inputs.book.household(document["household_id"])
    if not _whole(after, household):
        yield "its answer without the rule is not a whole one"
        return
    if _present(answer["differences"]) != differences(before, after):
        yield "its differences are not those of its two answers"
    if answer["effect"] != effect(before, after, same_objective=answer["same_objective"]):
        yield "what it says the rule did does not follow from its two answers"
    statements = document.get("statements") or {}
    for key, left in answer["leaves"].items():
        stated = statements.get(key)
        if stated is None or {**left, "accounts": []} != {**stated, "accounts": []}:
            yield f"{key}, which it says was in force, is not so in the run"
    own = {key for key, each in statements.items() if each["rule_id"] == question["rule_id"]}
    if not own <= answer["leaves"].keys():
        yield f"it leaves {question['rule_id']} in force"
    lines = lines_of(inputs.policies, question["rule_id"])
    if answer["removed"] != [asdict(each) for each in lines]:
        yield f"the lines that it left out are not those of {question['rule_id']}"
    waivers = waivers_of(inputs.typed, household, question["rule_id"])
    if answer["waivers"] != [asdict(each) for each in waivers]:
        yield f"its waivers are not those of {question['rule_id']}"
    if Status.FAILED not in (before["status"], after["status"]):
        yield from _merged_again(answer, document, inputs, changed_by(question["rule_id"]))


def _merged_again(
    answer: Document, document: Document, inputs: Inputs, changed: Inputs
) -> Iterator[str]:
    """What is in force without the lines is what the policies come to; dollars compare where both
    answers were asked to minimise the same."""
    household = inputs.book.household(document["household_id"])
    if household.id in inputs.book.households_on_hold:
        return
    policy = policy_of(changed, household)
    here, there = document.get("statements") or {}, statements_document(policy)
    if answer["leaves"] != more_statements(here, there):
        yield "what it says is no longer in force is not what the policies come to"
    if answer["returns"] != more_statements(there, here):
        yield "what it says is in force again is not what the policies come to"
    bounds_only = bounding(inputs.typed, answer["leaves"])
    bounds_only = bounds_only and bounding(changed.typed, answer["returns"])
    after: Document = {}
    if answer["without"]["status"] in SOLVED:
        after = measures_document(empty_closing(household, policy))
    same = bounds_only and targets(document) == targets(after)
    same = same and kept_alike(side(document), _present(answer["without"]))
    if answer["same_objective"] != same:
        yield "whether both answers minimise the same is not so"


def _whole(part: Document, household: Household) -> bool:
    """Whether a side has all that an answer has, of each account and taxpayer, or nothing of it."""
    if part["status"] not in SOLVED:
        return part.keys() == {"status", "findings"}
    if part.keys() != OF_ANSWER or (part["status"] == Status.PROPOSED) != bool(part["trades"]):
        return False
    return (
        part["cash"].keys() == {account.id for account in household.accounts}
        and part["tax"].keys() == household.tax_entities.keys()
        and Decimal(part["gap"]) >= 0
    )


OF_ANSWER = {"status", "trades", "tax", "cash", "objective", "gap", *BROKEN, *RATES}
"""What a side has that was solved."""


def _present(part: Document) -> Document:
    """Without the fields that a contract lets stand empty."""
    return {name: value for name, value in part.items() if value is not None}


def _alternatives(explanation: Document, document: Document, inputs: Inputs) -> Iterator[str]:
    answer, name = explanation["answer"], explanation["question"]["trade_id"]
    trade = next((t for t in document.get("trades", ()) if t["trade_id"] == name), None)
    if trade is None:
        yield f"{name} is no trade of the run"
        return
    closing = recorded_closing(inputs, document)
    yield from _priced([*answer["lots"], *answer["securities"]], document)
    account = closing.account(trade["account_id"])
    lots = {lot.id: lot for lot in account.lots if lot.security_id == trade["security_id"]}
    for each in answer["lots"]:
        lot = lots.get(each["lot_id"])
        facts = {} if lot is None else lot_facts(closing, lot)
        if not facts or any(each[key] != value for key, value in facts.items()):
            yield f"lot {each['lot_id']} is not as the book has it"
    if answer["waiting"] != waiting(closing, trade):
        yield "what waiting does is not what the netting of the law comes to"


def _priced(found: Iterable[Document], document: Document) -> Iterator[str]:
    """What an alternative costs is the sum of its ledger, what bars it left out."""
    for each in found:
        bars = {*(("statements", key) for key in each["barred_by"])}
        bars |= {("bounds", name) for name in each["bounds"]}
        groups = [g for g in each["ledger"] if (g["kind"], g["name"]) not in bars]
        if abs(sum(group["value"] for group in groups) - each["more"]) > LEDGER_TOLERANCE:
            yield "what an alternative costs is not the sum of its ledger"
        named = {g["name"] for g in each["ledger"] if g["kind"] == "statements"}
        for key in sorted((named | {*each["barred_by"]}) - document["statements"].keys()):
            yield f"{key} is not in force in the run"


def _not_done(explanation: Document, document: Document, inputs: Inputs) -> Iterator[str]:
    answer = explanation["answer"]
    closing = recorded_closing(inputs, document)
    items = [*answer["drift"], *answer["losses"], *answer["cash"]]
    yield from _priced([each["instead"] for each in items if each["instead"]], document)
    facts = active(closing)
    if [{key: each[key] for key in DRIFT} for each in answer["drift"]] != facts:
        yield "the drift left is not what the trades come to"
    policy = policy_of(inputs, closing.household)
    left = {lot.id: sale for lot, sale in losses(closing, policy)}
    for each in answer["losses"]:
        sale = left.get(each["lot_id"])
        stated = each["shares"], each["loss"], each["worth"]
        if sale is None or stated != (
            plain(sale.shares),
            plain(-sale.gain),
            plain(tax_saved(closing, sale)),
        ):
            yield f"lot {each['lot_id']} is not left with that loss"
    cash = [*cash_facts(closing, policy, document)]
    if [{key: each[key] for key in CASH} for each in answer["cash"]] != cash:
        yield "the cash left is not what the trades come to"
    before = side(document)
    for each in answer["soft"]:
        after = _present(each["if_hard"])
        if not _whole(after, closing.household):
            yield f"{each['rule_id']}: its answer if it were hard is not a whole one"
            continue
        if _present(each["differences"]) != differences(before, after):
            yield f"{each['rule_id']}: its differences are not those of its two answers"
    broken = [{k: v for k, v in each.items() if k in SOFT} for each in answer["soft"]]
    if broken != document["soft_broken"]:
        yield "the soft rules broken are not those of the run"


CASH = ("account_id", "cash", "weight", "rules", "binding", "set_aside", "set_aside_by")
DRIFT = ("portfolio_id", "security_id", "ticker", "held", "target", "apart")
SOFT = ("rule_id", "statement", "priority", "where", "found", "bound")
CHECKS: dict[str, Check] = {"alternatives": _alternatives, "not-done": _not_done}


def recorded_closing(inputs: Inputs, document: Document) -> Closing:
    """The trades of a proposal's document on the household's opening positions."""
    household = inputs.book.household(document["household_id"])
    policy = policy_of(inputs, household)
    accounts = {account.id: account for account in household.accounts}
    lots = {lot.id: lot for account in household.accounts for lot in account.lots}
    sales: list[Sale] = []
    purchases: list[Purchase] = []
    for trade in document["trades"]:
        account = accounts[trade["account_id"]]
        cost = Decimal(str(assumptions_for(policy, account.id).trading_cost))
        for part in trade["lots"]:
            shares = Decimal(part["shares"])
            sales.append(sale_of(household, account, lots[part["lot_id"]], shares, cost))
        if not trade["lots"]:
            shares = Decimal(trade["shares"])
            purchases.append(purchase_of(household, account, trade["security_id"], shares, cost))
    return empty_closing(household, policy, tuple(sales), tuple(purchases))
