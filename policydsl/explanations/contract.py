"""The contract of a sealed explanation: what a file under `explanations/` holds."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from policydsl.propose import Status
from policydsl.schemas import Day, Hash, LedgerEntry, Number, Part, StatementDocument


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


class ButForAnswer(Part):
    """Both answers and how they differ."""

    removed: list[RemovedLines]
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


ANSWERS: dict[str, type[Part]] = {"but-for": ButForAnswer, "alternatives": AlternativesAnswer}
"""The answer to each kind of question."""


class ExplanationDocument(Part):
    """`explanations/KIND/...json`."""

    form: Annotated[Literal[1], Field(description="of this contract")]
    question: Annotated[ButForQuestion | AlternativesQuestion, Field(discriminator="kind")]
    run: Annotated[Hash, Field(description="the seal of the run")]
    versions: Annotated[dict[str, str], Field(description="of what solved it")]
    answer: ButForAnswer | AlternativesAnswer
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
