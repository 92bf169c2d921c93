"""The contract of a sealed explanation: what a file under `explanations/` holds."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from policydsl.propose import Status
from policydsl.schemas import Hash, Number, Part, StatementDocument


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


class ExplanationDocument(Part):
    """`explanations/KIND/...json`."""

    form: Annotated[Literal[1], Field(description="of this contract")]
    question: ButForQuestion
    run: Annotated[Hash, Field(description="the seal of the run")]
    versions: Annotated[dict[str, str], Field(description="of what solved it")]
    answer: ButForAnswer
    sha256: Annotated[Hash, Field(description="of this document without this field")]


def schema_text() -> str:
    """The schema as its file holds it."""
    schema: dict[str, Any] = ExplanationDocument.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"
