"""The contract of `policydsl runs diff A B --format json`.

`docs/schemas/runs-diff.schema.json` is generated from here
(`python -m policydsl.day_to_day.schema FILE`). Fields are added, not renamed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from policydsl.propose import Status
from policydsl.schemas import Day, Hash, Number, Part, PoliciesAt


class RunNamed(Part):
    """One of the two runs; `log_head` is the hash that its log ends with."""

    run: Annotated[str, Field(description="its folder, as it was named")]
    book: str
    as_of: Day
    policies: str
    policy_revision: Hash
    policies_at: PoliciesAt | None
    content: Hash
    log_head: Hash


class VersionPart(Part):
    """A program, library, machine or bound of the search that is another one; empty where a run
    says nothing of it."""

    name: str
    before: str
    after: str


class PricePart(Part):
    """A close that is another one, dollars."""

    security_id: str
    before: Number
    after: Number
    change: Annotated[float, Field(description="a fraction of the close before")]
    held: Annotated[Number, Field(description="dollars that the first run's households held of it")]
    effect: Annotated[Number, Field(description="what these gained or lost by the price")]


class VolatilityPart(Part):
    """A fraction a year; null where a run has no numbers for the security."""

    security_id: str
    before: float | None
    after: float | None


class RiskPart(Part):
    """`same` is false too where only correlations are others."""

    same: bool
    volatility: list[VolatilityPart]


class WeightPart(Part):
    """A fraction of the model, nested models opened; null where it was not there."""

    security_id: str
    before: Number | None
    after: Number | None


class ModelPart(Part):
    """A model that is not the same on the two days."""

    model_id: str
    came: bool
    went: bool
    weights: list[WeightPart]


class FactPart(Part):
    """A cell of the book that is another one; no column: the row came or went."""

    table: str
    row: str
    column: str
    before: str
    after: str


class LotPart(Part):
    """A lot that is not the same; `restated` is one that no trade explains."""

    lot_id: str
    account_id: str
    security_id: str
    what: Literal["opened", "closed", "part sold", "restated"]
    shares: Annotated[Number, Field(description="more (negative: fewer) than before")]
    basis: Annotated[Number, Field(description="dollars more (negative: fewer) than before")]


class DonePart(Part):
    """An order of the first run and what became of it; sales are negative shares."""

    account_id: str
    security_id: str
    proposed: Number
    done: Number
    what: Literal["done", "done in part", "not done", "done otherwise", "not proposed"]


class CashPart(Part):
    """Dollars of an account, settled and not."""

    account_id: str
    before: Number
    after: Number
    traded: Annotated[Number, Field(description="what trades brought")]
    otherwise: Annotated[Number, Field(description="what came or went in another way")]


class PositionsPart(Part):
    """What became of a household's positions. `actions` are new transactions that are no trades;
    flows are rows of the book's table."""

    household_id: str
    lots: list[LotPart]
    orders: list[DonePart]
    cash: list[CashPart]
    actions: list[dict[str, str]]
    flows_came: list[dict[str, str]]
    flows_went: list[dict[str, str]]


class PolicyPart(Part):
    """A part of the policies that was added, removed or says something else."""

    kind: Literal["rule", "set", "waiver", "definition", "header", "list", "file"]
    name: Annotated[str, Field(description="id of the rule, name of the definition, or empty")]
    file: str
    what: Literal["added", "removed", "changed"]
    line_before: int | None
    line_after: int | None
    before: Annotated[str | None, Field(description="in the words of the language")]
    after: str | None


class DatePart(Part):
    """A statement or waiver that began, or ended, between the two days by its own dates."""

    rule_id: str
    statement: str
    what: Literal["statement", "waiver"]
    began: bool
    day: Annotated[Day, Field(description="the first day in force, or the last")]
    layer: str
    file: str
    line: int


class StatePart(Part):
    """A place outside a rule: since when, as the run took it over; empty where it knew of none."""

    household_id: str
    statement: str
    where: str
    before: str
    after: str


class MeasuresPart(Part):
    """Orders, dollars sold, bought and of tax, tracking error a fraction a year."""

    trades: int
    sold: Number
    bought: Number
    tax: Number
    tracking_error: float


class AnswerPart(MeasuresPart):
    """What a run proposed for a household; `gave_way` counts orders kept from other clients'."""

    status: Status
    gap_bp: float | None
    gave_way: int
    findings: list[str]


class OrderPart(Part):
    """Shares and dollars of an order, and shares by lot of a sale."""

    shares: Number
    amount: Number
    lots: dict[str, Number]


class TradePart(Part):
    """An order that is not the same in both runs; null where a run has none."""

    trade_id: str
    what: Literal["new", "gone", "larger", "smaller", "other lots", "turned"]
    before: OrderPart | None
    after: OrderPart | None


class HouseholdPart(Part):
    """A household of both runs."""

    household_id: str
    same: bool
    before: AnswerPart
    after: AnswerPart
    trades: list[TradePart]


class CausePart(Part):
    """What was put in from the other run; `name` says which rule of policies and dates."""

    kind: Literal[
        "program",
        "day",
        "dates",
        "prices",
        "risk numbers",
        "models",
        "securities",
        "clients",
        "positions",
        "cash",
        "flows",
        "carried state",
        "policies",
        "orders of others",
    ]
    name: str


class EffectPart(Part):
    """What causes move in the answer for a household."""

    causes: list[CausePart]
    orders: Annotated[int, Field(description="orders that they change")]
    explained: Annotated[
        float,
        Field(
            description="part of the difference between the runs, lot by lot: a fraction, "
            "negative where it works against it; those of `steps` sum to 1"
        ),
    ]
    whole: Annotated[bool, Field(description="it is all of the difference, lot by lot")]
    moved: Annotated[MeasuresPart | None, Field(description="null where it cannot be told")]
    unsolved: Annotated[str | None, Field(description="why it cannot be told")]


class AttributionPart(Part):
    """What explains the orders that differ: `steps` sum to `total`, and `alone` with `interaction`
    do. Step by step goes from the first run to the second."""

    household_id: str
    differ: Annotated[int, Field(description="orders that differ between the runs")]
    dollars: Annotated[Number, Field(description="by how much, lot by lot, at the second's closes")]
    total: MeasuresPart
    alone: list[EffectPart]
    steps: list[EffectPart]
    interaction: MeasuresPart


class RunsDiffDocument(Part):
    """What is not the same in two runs."""

    before: RunNamed
    after: RunNamed
    same: bool
    only_before: Annotated[list[str], Field(description="households of the first run alone")]
    only_after: Annotated[list[str], Field(description="households of the second run alone")]
    versions: list[VersionPart]
    prices: Annotated[list[PricePart], Field(description="the largest effect first")]
    risk: RiskPart
    models: list[ModelPart]
    facts: Annotated[
        list[FactPart],
        Field(description="of settings of the book, securities, what funds hold, providers"),
    ]
    clients: list[FactPart]
    positions: list[PositionsPart]
    policies: list[PolicyPart]
    dates: list[DatePart]
    state: list[StatePart]
    households: list[HouseholdPart]
    attribution: Annotated[
        list[AttributionPart] | None, Field(description="null where it was not asked for")
    ]


def schema_text() -> str:
    """The schema as its file holds it."""
    return json.dumps(RunsDiffDocument.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
