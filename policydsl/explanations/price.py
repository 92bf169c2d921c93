"""The price of a rule: every household under it with and without, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from policydsl.document import plain
from policydsl.explanations.but_for import NOTHING
from policydsl.explanations.inquiry import Inquiry
from policydsl.explanations.sides import differences
from policydsl.explanations.words import fine, points, signed
from policydsl.output import counted
from policydsl.progress import followed
from policydsl.report import wrapped
from policydsl.tables import dollars, table

Document = Mapping[str, Any]
ZERO = Decimal(0)


def price_of_rule(inquiry: Inquiry, documents: Sequence[Document], rule_id: str) -> dict[str, Any]:
    """The but-for of each household that the rule was in force for, with their totals."""
    under = [each for each in documents if _under(each, rule_id)]
    asked = (inquiry.but_for(dict(each), rule_id) for each in under)
    found = list(followed(asked, len(under), "households"))
    return {
        "rule_id": rule_id,
        "totals": totals(list(zip(under, found, strict=True))),
        "households": found,
    }


def _under(document: Document, rule_id: str) -> bool:
    statements = (document.get("statements") or {}).values()
    return "trades" in document and any(each["rule_id"] == rule_id for each in statements)


def totals(pairs: Sequence[tuple[Document, Document]]) -> dict[str, Any]:
    """All households that were solved both with and without the rule; one that it did nothing
    measurable to counts as it was. Tracking error is the mean by dollars of account value; `worth`
    are dollars of present value where the rule only bounds."""
    solved = [(d, _measured(e["answer"])) for d, e in pairs if e["answer"]["differences"]]
    values = [_value(document) for document, _ in solved]
    whole = sum(values, ZERO)
    return {
        "households": len(pairs),
        "changed": sum(e["answer"]["effect"] not in NOTHING for _, e in pairs),
        "not_solved": len(pairs) - len(solved),
        "orders": sum(len(answer["differences"]["trades"]) for _, answer in solved),
        "tax": {
            when: plain(sum((_tax(answer[when]) for _, answer in solved), ZERO))
            for when in ("as_it_was", "without")
        },
        **{
            name: {
                when: round(
                    sum(
                        float(value / whole) * answer[when][name]
                        for value, (_, answer) in zip(values, solved, strict=True)
                    ),
                    8,
                )
                for when in ("as_it_was", "without")
            }
            for name in ("tracking_error", "model_tracking_error")
            if whole
        },
        "worth": plain(
            -sum(
                (
                    Decimal(answer["differences"]["objective"])
                    for _, answer in solved
                    if answer["same_objective"]
                ),
                ZERO,
            )
        ),
    }


def _measured(answer: Document) -> Document:
    """The answer with both sides alike where nobody can tell them apart."""
    if answer["effect"] not in NOTHING:
        return answer
    was = answer["as_it_was"]
    return {**answer, "without": was, "differences": differences(was, was)}


def _value(document: Document) -> Decimal:
    return sum((Decimal(each["value"]) for each in document["accounts"]), ZERO)


def _tax(side: Document) -> Decimal:
    return sum((Decimal(year["tax"]) for year in side["tax"].values()), ZERO)


def price_text(price: Document) -> str:
    """A line a household that the rule did something to; below them all together."""
    totals_, rows = price["totals"], []
    for each in price["households"]:
        answer = each["answer"]
        if answer["effect"] in NOTHING:
            continue
        name, apart = each["question"]["household_id"], answer["differences"]
        if not apart:
            rows.append((name, answer["without"]["status"], *["-"] * 4))
            continue
        worth = dollars(-Decimal(apart["objective"])) if answer["same_objective"] else "-"
        rows.append(
            (
                name,
                str(len(apart["trades"])),
                signed(apart["tax_total"]),
                points(apart["tracking_error"]),
                points(apart["model_tracking_error"]),
                worth,
            )
        )
    lead = (
        f"{price['rule_id']}: in force for {counted(totals_['households'], 'household')}, "
        f"something would be otherwise without it in {totals_['changed']:,}\n"
    )
    if not rows:
        return lead
    if len(rows) > 1:
        rows.append(_together(totals_, priced=any(row[-1] != "-" for row in rows)))
    header = ("without it", "orders", "tax", "tracking error", "from model", "worth")
    return lead + table(header, rows, "lrrrrr") + _sides(totals_)


def _together(totals_: Document, *, priced: bool) -> tuple[str, ...]:
    tax = Decimal(totals_["tax"]["without"]) - Decimal(totals_["tax"]["as_it_was"])
    return (
        "all",
        str(totals_["orders"]),
        signed(tax),
        *(_mean(totals_, name) for name in ("tracking_error", "model_tracking_error")),
        dollars(totals_["worth"]) if priced else "-",
    )


def _mean(totals_: Document, name: str) -> str:
    if name not in totals_:
        return "-"
    return points(totals_[name]["without"] - totals_[name]["as_it_was"])


def _sides(totals_: Document) -> str:
    """With and without it, in all."""
    if "tracking_error" not in totals_:
        return ""
    tax = " > ".join(dollars(totals_["tax"][when]) for when in ("as_it_was", "without"))
    error = " > ".join(
        fine(totals_["model_tracking_error"][when]) for when in ("as_it_was", "without")
    )
    said = (
        f"with it > without it: tax {tax}; tracking error from the models, by dollars, {error}. "
        "Worth is present value, of the households in which the rule only bounds."
    )
    return "\n".join(wrapped("", [said])) + "\n"
