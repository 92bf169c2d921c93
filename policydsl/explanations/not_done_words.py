"""What is left undone, in words: what held it back, what it is worth, when that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.explanations.words import SMALL, exactly, fine, statement_cited
from policydsl.report import sentence_lines
from policydsl.trade_words import MAIN, TERMS, a_dollar, bound_words

Document = Mapping[str, Any]
CLOSER = "the account closer to its"


def not_done_text(explanation: Document, document: Document) -> str:
    """A paragraph a thing."""
    answer = explanation["answer"]
    parts: list[tuple[str, list[str]]] = [
        ("drift left", [drift_left(each, document) for each in answer["drift"]]),
        ("losses not harvested", [loss_left(each, document) for each in answer["losses"]]),
        ("soft rules broken", list(softs_left(answer["soft"], document))),
        ("cash left", [cash_left(each, document) for each in answer["cash"]]),
    ]
    lines = []
    for title, sentences in parts:
        if sentences:
            lines.append(f"{title}:")
            for sentence in sentences:
                lines += sentence_lines(sentence)
    return "\n".join(lines) + "\n" if lines else ""


def drift_left(item: Document, document: Document) -> str:
    """A security that is not where its target has it."""
    apart = Decimal(item["apart"])
    word = "above" if apart > 0 else "below"
    text = (
        f"{item['ticker']} in {item['portfolio_id']}: {exactly(item['held'])} held, "
        f"{exactly(apart)} {word} its target"
    )
    verb = "selling" if item["side"] == "sell" else "buying"
    trades = {trade["trade_id"]: trade for trade in document["trades"]}
    if item["trade_id"]:
        trade = trades[item["trade_id"]]
        resists = named(_resisting(trade["ledger"]), document, 1)
        why = f"; what holds the order there: {'; '.join(resists)}" if resists else ""
        text += f", after an order of {exactly(trade['amount'])}{why}"
    elif item["against"]:
        trade = trades[item["against"]]
        asks = named(_asking(trade["ledger"]), document, 0)
        why = f": {'; '.join(asks)}" if asks else ""
        text += f", for an order of {exactly(trade['amount'])} the other way{why}"
    elif item["closed_by"]:
        rules = [statement_cited(document["statements"][key]) for key in item["closed_by"]]
        text += f"; {verb} it is barred by {' and '.join(rules)}"
    elif item["instead"] is None:
        text += f"; {verb} it is not open"
    else:
        text += f"; {verb} it {held_by(item['instead'], document)}"
    return f"{text}{_changes(item['changes'])}."


def loss_left(item: Document, document: Document) -> str:
    """A lot at a loss that is kept."""
    text = (
        f"{item['ticker']} in {item['account_id']}, lot {item['lot_id']}: a {item['term']}-term "
        f"loss of {exactly(item['loss'])}, worth {exactly(item['worth'])} of tax today"
    )
    if item["instead"] is None:
        text += "; the rest of the lot is sold"
    else:
        text += f"; selling it {held_by(item['instead'], document)}"
    text += "".join(f"; {cause}" for cause in item["because"])
    if item["flips_at"] is not None:
        text += f"; its first dollar would pay at ${Decimal(item['flips_at']):,.2f} a share"
    return f"{text}{_changes(item['changes'])}."


def softs_left(items: Sequence[Document], document: Document) -> Iterator[str]:
    """Soft rules that are broken, place by place; what keeping one would have done is said at the
    last of its places."""
    for number, item in enumerate(items):
        more = any(later["rule_id"] == item["rule_id"] for later in items[number + 1 :])
        yield soft_left(item, document, last=not more)


def soft_left(item: Document, document: Document, *, last: bool = True) -> str:
    """A soft rule that is broken, and what keeping it would have done."""
    statement = document["statements"][item["statement"]]
    found, bound = exactly(item["found"]), exactly(item["bound"])
    text = f"{statement_cited(statement)}: {item['where']} {found} where it asks for {bound}"
    if not last:
        return f"{text}."
    if not item["differences"]:
        return f"{text}; were it hard, the household would be {item['if_hard']['status']}."
    apart = item["differences"]
    said = []
    worth, cured = Decimal(apart["objective"]), Decimal(apart.get("still_broken") or 0)
    if abs(cured) >= SMALL:
        word = "more" if cured > 0 else "less"
        said.append(f"limits that are to be cured stay broken by {exactly(cured)} {word}")
    elif worth:
        said.append(f"{exactly(worth)} of present value {'worse' if worth > 0 else 'better'}")
    tax = Decimal(apart["tax_total"])
    if tax:
        said.append(f"{exactly(tax)} {'more' if tax > 0 else 'less'} tax")
    said.append(f"tracking error {fine(item['if_hard']['tracking_error'])}")
    return f"{text}; were it hard: {', '.join(said)}."


def cash_left(item: Document, document: Document) -> str:
    """The cash of an account, and why it is no less."""
    text = f"{item['account_id']}: {exactly(item['cash'])}"
    text += "" if item["weight"] is None else f", {fine(item['weight'])} of it"
    if item["set_aside_by"]:
        rules = [statement_cited(document["statements"][key]) for key in item["set_aside_by"]]
        text += f"; {exactly(item['set_aside'])} set aside by {' and '.join(rules)}"
    if item["binding"]:
        rules = [statement_cited(document["statements"][key]) for key in item["binding"]]
        text += f"; it leans on {' and '.join(rules)}"
    if item["instead"] is not None:
        text += f"; buying {item['next_buy']} next {held_by(item['instead'], document)}"
    return f"{text}."


def held_by(choice: Document, document: Document) -> str:
    """Why a trade was not made: it is barred, or costs more than it brings."""
    cents = a_dollar(choice["more"])
    bars = [statement_cited(document["statements"][key]) for key in choice["barred_by"]]
    bars += [bound_words(name, 1) for name in choice["bounds"]]
    if bars:
        worth = f"would be worth {cents} and " if choice["more"] < 0 else ""
        return f"{worth}is barred by {' and '.join(bars)}"
    if choice["more"] < 0:
        return f"would be worth {cents}, and no order of a size that may be placed pays"
    why = "; ".join(named(_resisting(choice["ledger"]), document, 1))
    return f"would cost {cents} more than it brings{f': {why}' if why else ''}"


def _resisting(ledger: Sequence[Document]) -> list[Document]:
    """The groups that chiefly resist, dearest first."""
    return _main([g for g in ledger if g["value"] > 0])


def _asking(ledger: Sequence[Document]) -> list[Document]:
    """The groups that chiefly ask for it, largest first."""
    return _main([g for g in ledger if g["value"] < 0])


def _main(groups: list[Document]) -> list[Document]:
    total = sum(abs(group["value"]) for group in groups)
    found = sorted(groups, key=lambda group: -abs(group["value"]))
    return [group for group in found if abs(group["value"]) >= MAIN * total][:3]


def named(groups: Sequence[Document], document: Document, resisting: int) -> list[str]:
    """Groups of a ledger in words, each with its size."""
    found = []
    for group in groups:
        if group["kind"] == "terms":
            words = TERMS[group["name"]][resisting].format(CLOSER)
        elif group["kind"] == "statements":
            words = statement_cited(document["statements"][group["name"]])
        else:
            words = bound_words(group["name"], resisting)
        found.append(f"{words} ({a_dollar(group['value'])})")
    return found


def _changes(changes: Sequence[Document]) -> str:
    return "".join(
        f"; from {each['date']}: {each['what']}"
        + (f" ({each['rule_id']})" if each["rule_id"] else "")
        for each in changes[:3]
    )
