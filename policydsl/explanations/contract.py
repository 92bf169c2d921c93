"""The contract of a sealed explanation: what a file under `explanations/` holds."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from policydsl.propose import Status
from policydsl.schemas import (
    Day,
    Hash,
    LedgerEntry,
    Number,
    Part,
    SoftBroken,
    StatementDocument,
)


class ButForQuestion(Part):
    """What the household's answer would have been without the rule."""

    kind: Literal["but-for"]
    household_id: str
    rule_id: str


class RemovedLines(Part):
    """Lines that were left out: the rule, values chosen for it, waivers of it."""

    what: Literal["rule", "default", "note", "set", "waive"]
    file: str
    line: int
    end_line: int
    text: Annotated[str, Field(description="the first of the lines")]


class WaiverOf(Part):
    """A waiver of the rule that reaches the household: its days, and whether it holds today or has
    ended."""

    file: str
    line: int
    starts: Day | None
    ends: Day | None
    holds: bool
    ended: bool
    because: str
    approved_by: str


class OrderSize(Part):
    """An order, or by how much two differ."""

    shares: Number
    amount: Number


class TaxOf(Part):
    """A taxpayer's year after the trades, or by how much two differ, dollars."""

    tax: Annotated[Number, Field(description="at stated rates")]
    cost: Annotated[Number, Field(description="tax less what losses carried on are worth")]


class Side(Part):
    """An answer for a household. What was not solved has a status and findings alone."""

    status: Status
    findings: list[str] | None = None
    trades: Annotated[dict[str, OrderSize] | None, Field(description="by trade id")] = None
    tax: Annotated[dict[str, TaxOf] | None, Field(description="by taxpayer")] = None
    cash: Annotated[dict[str, Number] | None, Field(description="by account")] = None
    tracking_error: Annotated[
        float | None, Field(description="a fraction a year, from the side's own target")
    ] = None
    model_tracking_error: Annotated[
        float | None, Field(description="from the published models")
    ] = None
    drift: float | None = None
    objective: Annotated[Number | None, Field(description="dollars of present value")] = None
    gap: Annotated[Number | None, Field(description="what no answer can be better by")] = None
    still_broken: Annotated[
        Number | None, Field(description="dollars of limits that are not cured yet")
    ] = None
    soft_broken: Annotated[
        Number | None, Field(description="dollars by which soft rules are broken, all together")
    ] = None


class Differences(Part):
    """The answer without the rule less the one as it was; empty where one was not solved."""

    trades: Annotated[
        dict[str, OrderSize] | None, Field(description="orders that are not the same")
    ] = None
    tax: dict[str, TaxOf] | None = None
    tax_total: Number | None = None
    tax_cost_total: Number | None = None
    cash: dict[str, Number] | None = None
    tracking_error: float | None = None
    model_tracking_error: float | None = None
    drift: float | None = None
    objective: Number | None = None
    still_broken: Number | None = None
    soft_broken: Number | None = None


class ButForAnswer(Part):
    """Both answers and how they differ."""

    removed: list[RemovedLines]
    waivers: list[WaiverOf]
    leaves: Annotated[
        dict[str, StatementDocument], Field(description="statements no longer in force")
    ]
    returns: Annotated[
        dict[str, StatementDocument],
        Field(description="statements in force again, which had lost their place to the rule"),
    ]
    as_it_was: Side
    without: Side
    differences: Differences
    same_objective: Annotated[
        bool, Field(description="whether both answers minimise the same, so that dollars compare")
    ]
    effect: Annotated[
        Literal["none", "not measurable", "trades", "status"],
        Field(description="`not measurable`: both objectives lie within both gaps together"),
    ]


class AlternativesQuestion(Part):
    """What could have been done instead of the trade."""

    kind: Literal["alternatives"]
    household_id: str
    trade_id: str


class Priced(Part):
    """A trade that was not made. `more` is the sum of its ledger, without what bars it: what its
    first dollar would have cost in the place of the trade's last; negative where it is wanted."""

    more: Annotated[float, Field(description="dollars per dollar traded")]
    barred_by: Annotated[list[str], Field(description="statements")]
    bounds: Annotated[list[str], Field(description="bounds of no rule that bar it")]
    ledger: list[LedgerEntry]


class OtherLot(Priced):
    """Another lot of the same security, sold whole."""

    lot_id: str
    amount: Number
    gain: Number
    term: Literal["short", "long"]


class OtherSecurity(Priced):
    """Another security that serves the same end; of a sale, its cheapest lot."""

    security_id: str
    ticker: str
    lot_id: str | None
    dollars: Annotated[float, Field(description="so much of it could have been traded")]


class Waiting(Part):
    """A lot that turns long-term later, sold as much of as the trade does."""

    lot_id: str
    long_term_from: Day
    amount: Number
    gain: Number
    saves: Annotated[Number, Field(description="tax that waiting saves; negative where it costs")]


class AlternativesAnswer(Part):
    """Cheapest first; what rules bar comes last."""

    lots: list[OtherLot]
    securities: list[OtherSecurity]
    waiting: list[Waiting]


class NotDoneQuestion(Part):
    """What the household's proposal leaves undone."""

    kind: Literal["not-done"]
    household_id: str


class Change(Part):
    """A day from which something would be judged otherwise."""

    date: Day
    what: str
    rule_id: str | None


class Choice(Priced):
    """A trade that was not made; `lot_id` of a sale."""

    account_id: str
    lot_id: str | None


class DriftLeft(Part):
    """A security whose dollars after the trades are not those that the target means."""

    portfolio_id: str
    security_id: str
    ticker: str
    held: Number
    target: Number
    apart: Number
    side: Annotated[
        Literal["buy", "sell"], Field(description="of the trade that would bring it nearer")
    ]
    trade_id: Annotated[str | None, Field(description="the order that does so, as far as it goes")]
    against: Annotated[str | None, Field(description="the order that takes it further away")]
    instead: Annotated[Choice | None, Field(description="the cheapest such trade if there is none")]
    closed_by: Annotated[list[str], Field(description="statements that bar buying it at all")]
    changes: list[Change]


class LossLeft(Part):
    """What is left of a lot at a loss in a taxable account."""

    account_id: str
    security_id: str
    ticker: str
    lot_id: str
    shares: Number
    loss: Number
    worth: Annotated[Number, Field(description="tax saved today by the netting of the law")]
    term: Literal["short", "long"]
    instead: Annotated[Choice | None, Field(description="the sale; null where it is being sold")]
    flips_at: Annotated[
        Number | None,
        Field(description="the price at which its first dollar would pay, all else as it is"),
    ]
    because: Annotated[list[str], Field(description="the wash sale that it would be, in words")]
    changes: list[Change]


class CashLeft(Part):
    """The cash of an account after the trades, and the best purchase that nothing bars."""

    account_id: str
    cash: Number
    weight: float | None
    rules: Annotated[list[str], Field(description="statements about the cash of the account")]
    binding: Annotated[list[str], Field(description="of these, which the trades lean on")]
    set_aside: Annotated[Number, Field(description="dollars that are not to be spent yet")]
    set_aside_by: Annotated[list[str], Field(description="the statements that set cash aside")]
    next_buy: str | None
    instead: Choice | None


class SoftLeft(SoftBroken):
    """A soft rule that is broken, and the answer had it been hard."""

    if_hard: Side
    differences: Differences


class NotDoneAnswer(Part):
    """The largest first."""

    drift: list[DriftLeft]
    losses: list[LossLeft]
    cash: list[CashLeft]
    soft: list[SoftLeft]


ANSWERS: dict[str, type[Part]] = {
    "but-for": ButForAnswer,
    "alternatives": AlternativesAnswer,
    "not-done": NotDoneAnswer,
}
"""The answer to each kind of question."""


class ExplanationDocument(Part):
    """`explanations/KIND/...json`."""

    form: Annotated[Literal[1], Field(description="of this contract")]
    question: Annotated[
        ButForQuestion | AlternativesQuestion | NotDoneQuestion, Field(discriminator="kind")
    ]
    run: Annotated[Hash, Field(description="the seal of the run")]
    versions: Annotated[dict[str, str], Field(description="of what solved it")]
    answer: ButForAnswer | AlternativesAnswer | NotDoneAnswer
    sha256: Annotated[Hash, Field(description="of this document without this field")]

    @model_validator(mode="after")
    def _answers_its_question(self) -> ExplanationDocument:
        if type(self.answer) is not ANSWERS[self.question.kind]:
            raise ValueError("the answer is that of another kind of question")
        return self


def schema_text() -> str:
    """The schema as its file holds it."""
    schema: dict[str, Any] = ExplanationDocument.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"
