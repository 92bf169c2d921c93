"""But-for answers in plain sentences: every number in them is one of the answer's, or what two of
them differ by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.explanations.but_for import NOTHING
from policydsl.output import counted
from policydsl.tables import dollars, table

Document = Mapping[str, Any]
ZERO = Decimal(0)
TINY = 5e-7  # of a fraction: less shows in no figure
BROKEN = (("still_broken", "limits that are to be cured"), ("soft_broken", "soft rules"))
SMALL = 1  # dollars: less is what rounding to shares leaves


def exactly(amount: Decimal | str) -> str:
    """Dollars and cents, without a sign."""
    return f"${abs(Decimal(amount)):,.2f}"


def rule_cited(explanation: Document) -> str:
    """The rule in its own words with its place; its id alone where it was in force for nobody."""
    rule_id = explanation["question"]["rule_id"]
    own = [each for each in explanation["answer"]["leaves"].values() if each["rule_id"] == rule_id]
    if not own:
        return str(rule_id)
    return statement_cited(own[0])


def statement_cited(statement: Document) -> str:
    """A statement of a document in its own words with rule id, file and line."""
    place = f"{statement['rule_id']}, {statement['file']}:{statement['line']}"
    return f"{statement['says']} [{place}]"


def matters(explanation: Document) -> bool:
    """Whether anything measurable would have been otherwise."""
    return explanation["answer"]["effect"] not in NOTHING


def trade_but_for(explanation: Document, trade: Document, so_far: str = "") -> str:
    """What a trade, and its household, would have been without a rule; one that is cited `so_far`
    is called by its id."""
    answer, rule_id = explanation["answer"], explanation["question"]["rule_id"]
    rule = rule_id if f"[{rule_id}, " in so_far else rule_cited(explanation)
    lead = f"Without {rule}{_in_its_place(answer)} "
    if answer["effect"] == "status":
        return f"{lead}{_other_status(answer)}."
    said = [_trade(answer, trade), *_household(answer)]
    others = len(answer["differences"]["trades"].keys() - _sides(trade))
    if others:
        said.append(f"{counted(others, 'other order')} would be otherwise")
    return f"{lead}{'; '.join(said)}.{_waivers(answer)}"


def _waivers(answer: Document) -> str:
    """Waivers of the rule that have ended, and those that hold for a part of it."""
    told = ""
    for each in answer["waivers"]:
        place = f"[{each['file']}:{each['line']}]"
        if each["ended"]:
            told += f" Its waiver {place} ended on {each['ends']}."
        elif each["holds"] and each["ends"] is not None:
            told += f" Its waiver for a part {place} holds until {each['ends']}."
    return told


def household_but_for(explanation: Document) -> str:
    """What a household would have been without a rule."""
    answer = explanation["answer"]
    lead = f"Without {rule_cited(explanation)}{_in_its_place(answer)} "
    if answer["effect"] == "status":
        return f"{lead}{_other_status(answer)}."
    count = counted(len(answer["differences"]["trades"]), "order")
    return f"{lead}{'; '.join([f'{count} would be otherwise', *_household(answer)])}."


def _in_its_place(answer: Document) -> str:
    names = sorted({each["rule_id"] for each in answer["returns"].values()})
    return f", in whose place {' and '.join(names)} would hold," if names else ""


def _other_status(answer: Document) -> str:
    before, after = answer["as_it_was"], answer["without"]
    why = f": {after['findings'][0]}" if after.get("findings") else ""
    return f"the household would be {after['status']}, not {before['status']}{why}"


def _sides(trade: Document) -> set[str]:
    head = trade["trade_id"].rpartition(":")[0]
    return {f"{head}:buy", f"{head}:sell"}


def _trade(answer: Document, trade: Document) -> str:
    """The order itself: unchanged, larger, smaller, gone, or turned round."""
    changed = answer["differences"]["trades"]
    name, ticker = trade["trade_id"], trade["ticker"]
    turned = _sides(trade) - {name}
    for other in turned & answer["without"]["trades"].keys():
        size = answer["without"]["trades"][other]
        verb = "bought" if other.endswith(":buy") else "sold"
        return f"{_size(size)} of {ticker} would be {verb} instead"
    if name not in changed:
        return "this trade would be the same"
    if name not in answer["without"]["trades"]:
        return "this trade would not be made"
    size, more = answer["without"]["trades"][name], Decimal(changed[name]["shares"])
    verb = "bought" if trade["side"] == "buy" else "sold"
    word = "more" if more > 0 else "fewer"
    return f"{_size(size)} would be {verb}, {abs(more).normalize():f} {word}"


def _size(size: Document) -> str:
    return f"{Decimal(size['shares']).normalize():f} shares for {exactly(size['amount'])}"


def _household(answer: Document) -> list[str]:
    """Tax, tracking error, cash and worth, as far as they would differ."""
    apart, said = answer["differences"], []
    before, after = answer["as_it_was"], answer["without"]
    tax = Decimal(apart["tax_total"])
    if abs(tax) >= SMALL:
        said.append(f"tax would be {exactly(tax)} {'higher' if tax > 0 else 'lower'}")
    for name, words in (
        ("tracking_error", "tracking error"),
        ("model_tracking_error", "tracking error from the model"),
    ):
        if abs(apart[name]) > TINY and (name == "tracking_error" or _own(apart, name)):
            told = f"{fine(after[name])} instead of {fine(before[name])}"
            said.append(f"{words} would be {told}")
    cash = sum(map(Decimal, apart["cash"].values()), ZERO)
    if abs(cash) >= SMALL:
        said.append(f"{exactly(cash)} {'more' if cash > 0 else 'less'} would stay in cash")
    for name, words in BROKEN:
        if abs(Decimal(apart.get(name) or 0)) >= SMALL:
            told = f"by {exactly(after[name])} instead of {exactly(before[name])}"
            said.append(f"{words} would be broken {told}")
    worth = -Decimal(apart["objective"])
    if answer["same_objective"] and worth:
        word = "better" if worth > 0 else "worse"
        said.append(f"all in all {exactly(worth)} {word} in present value")
    return said


def _own(apart: Document, name: str) -> bool:
    """Whether a measure moves otherwise than tracking error does."""
    return bool(abs(apart[name] - apart["tracking_error"]) > TINY)


def fine(fraction: float) -> str:
    """A fraction in percent, fine enough for differences."""
    return f"{fraction * 100:.4f}%"


def nothing_without(explanations: Iterable[Document]) -> str:
    """The rules without which nothing measurable would be otherwise; empty where each matters."""
    names = [each["question"]["rule_id"] for each in explanations if not matters(each)]
    return f"No measurable effect alone: {', '.join(names)}." if names else ""


def but_for_table(explanations: Sequence[Document]) -> str:
    """A line a rule that mattered: what the household would have been without it."""
    rows = []
    for each in explanations:
        answer = each["answer"]
        apart = answer["differences"]
        if not matters(each):
            continue
        if answer["effect"] == "status":
            rows.append((each["question"]["rule_id"], answer["without"]["status"], *["-"] * 5))
            continue
        cash = sum(map(Decimal, apart["cash"].values()), ZERO)
        worth = dollars(-Decimal(apart["objective"])) if answer["same_objective"] else "-"
        rows.append(
            (
                each["question"]["rule_id"],
                str(len(apart["trades"])),
                signed(apart["tax_total"]),
                points(apart["tracking_error"]),
                points(apart["model_tracking_error"]),
                signed(cash),
                worth,
            )
        )
    if not rows:
        return ""
    header = ("without", "orders", "tax", "tracking error", "from model", "cash", "worth")
    return table(header, rows, "lrrrrrr")


def signed(amount: Decimal | str) -> str:
    """`+$1,204`, `-$3`; a dash for nothing."""
    said = dollars(abs(Decimal(amount)))
    return "-" if said == "$0" else f"{'+' if Decimal(amount) > 0 else '-'}{said}"


def points(change: float) -> str:
    """A change of a fraction in percentage points."""
    return "-" if abs(change) < TINY else f"{change * 100:+.4f}"
