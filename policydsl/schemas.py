"""The contract of a run folder's JSON: what `run.json`, `seal.json` and `proposals/HOUSEHOLD.json`
hold, and of what `explain --blocks` prints.

The schema files under `docs/schemas/` are generated from here (`python -m policydsl.schemas DIR`),
and `verify` reads both documents through these models. Fields are added, not renamed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from policydsl.propose import Status

Number = Annotated[str, StringConstraints(pattern=r"^-?\d{1,18}(\.\d{1,40})?$")]
"""A decimal as text, so that no reader rounds it: dollars, or shares. Eighteen digits are a
thousand times what the world has, and few enough to be counted to the cent."""
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Side = Literal["buy", "sell"]


class Part(BaseModel):
    """Nothing may stand in a document that the contract does not name."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class AccountState(Part):
    """An account before or after its trades. Cash counts the flows that are due."""

    cash: Number
    asset_classes: Annotated[
        dict[str, float], Field(description="fractions of the account, funds not seen through")
    ]
    tracking_error: Annotated[float | None, Field(description="a fraction a year")] = None
    drift: Annotated[float | None, Field(description="half the sum of absolute active weights")] = (
        None
    )


class AccountDocument(Part):
    """An account; the two measures are missing where it has no target of its own."""

    account_id: str
    type: str
    value: Annotated[Number, Field(description="dollars before trades, after flows due")]
    target: Annotated[
        dict[str, float],
        Field(description="weights by security that are not those of the published model"),
    ]
    before: AccountState
    after: AccountState


class PortfolioDocument(Part):
    """Accounts that have one target; those that are not traded count in it as they are."""

    portfolio_id: str
    accounts: list[str]
    traded: list[str]


class Together(Part):
    """Of all the household's portfolios together: tracking error is a fraction a year, drift half
    the sum of absolute active weights."""

    before: float
    after: float


class TaxRates(Part):
    """What the book states, fractions: of gains by term, of ordinary income, and what a dollar of
    loss carried on is worth."""

    short: Number
    long: Number
    ordinary: Number
    carry: Number


class Netting(Part):
    """Schedule D of a year so far, dollars; nothing but `net_short` and `net_long` is negative."""

    net_short: Annotated[Number, Field(description="losses carried in taken off; line 7")]
    net_long: Annotated[Number, Field(description="losses carried in taken off; line 15")]
    across_short: Annotated[Number, Field(description="short-term loss against long-term gain")]
    across_long: Annotated[Number, Field(description="long-term loss against short-term gain")]
    taxable_short: Number
    taxable_long: Number
    ordinary_offset: Annotated[Number, Field(description="loss taken from income; line 21")]
    tax_short: Number
    tax_long: Number
    saved_ordinary: Annotated[Number, Field(description="tax saved by what is taken from income")]
    carried_short: Number
    carried_long: Number


class BracketTax(Part):
    """The tax of a year by the brackets of the law, dollars; without parts where the year has no
    brackets. `says` is empty where the stated rates come to the same cent."""

    ordinary_income: Number
    federal: Number | None = None
    investment: Annotated[Number | None, Field(description="26 USC 1411")] = None
    state: Annotated[Number | None, Field(description="flat")] = None
    total: Number | None = None
    says: str


class TaxYear(Part):
    """A taxpayer's year to date, dollars: net gains, tax at stated rates, losses carried on, the
    cost of both. Gains are those recognised, after wash sales and before losses carried in."""

    filing: str
    rates: TaxRates
    carried_in_short: Number
    carried_in_long: Number
    short_run: Number
    long_run: Number
    disallowed_run: Annotated[Number, Field(description="of losses, by wash sales")]
    permanent_run: Annotated[Number, Field(description="of it what goes into no basis")]
    before: Netting
    after: Netting
    brackets: Annotated[
        BracketTax | None, Field(description="null where the book gives no ordinary income")
    ]

    short_before: Number
    short_after: Number
    long_before: Number
    long_after: Number
    tax_before: Number
    tax_after: Number
    carried_before: Number
    carried_after: Number
    cost_before: Number
    cost_after: Number


class Gap(Part):
    """What is proven: no trades at all can be better by more. bp are of household value."""

    dollars: float
    bp: float
    objective_bp: float
    bound_bp: float


class Assumptions(Part):
    """The numbers that price the objective for one account."""

    carried_losses: Annotated[
        float, Field(description="of a dollar of loss carried on, where the book gives no value")
    ]
    deferral: Annotated[float, Field(description="years")]
    discount_rate: float
    horizon: Annotated[float, Field(description="years")]
    risk_aversion: float
    retirement_tax: Annotated[
        float, Field(description="of tax-deferred accounts, left out of a joint target")
    ]
    step_up: Annotated[float, Field(description="probability")]
    trading_cost: Annotated[float, Field(description="a fraction of the amount traded")]


class Work(Part):
    """Counted work: what the search has a budget of."""

    quadratic_programs: int
    linear_programs: int
    nodes: int
    iterations: int


class ModelDocument(Part):
    """The model that was solved: a hash of its arrays, and how large it is."""

    sha256: Hash
    rows: int
    columns: int
    nonzeros: int
    integers: int


class StatementDocument(Part):
    """A statement in force: what it says, who says it, why, where it stands, and for whom."""

    rule_id: str
    kind: Annotated[str, Field(description="the kind of directive")]
    title: str
    says: str
    layer: str
    owner: str
    because: str
    file: str
    line: int
    accounts: list[str]
    soft: Annotated[int | None, Field(description="priority of a soft one; 1 is broken last")]


class SoftBroken(Part):
    """A soft statement that the trades leave broken: what is found, and what it asks; dollars."""

    rule_id: str
    statement: str
    priority: int
    where: str
    found: Number
    bound: Number


class TierDocument(Part):
    """Soft statements of one priority, as far as the optimiser had to break them, and how much of
    that is not proven to be needed."""

    priority: int
    broken_dollars: float
    gap_dollars: float


class BoundDocument(Part):
    """A row of a statement that the trades lean on."""

    rule_id: str
    statement: str
    where: str
    price: Annotated[float, Field(description="dollars saved for a dollar of more room")]


class HeldBackDocument(Part):
    """Trades of one security that statements bar although they are wanted."""

    account_id: str
    security_id: str
    side: Side
    dollars: Annotated[float, Field(description="what is barred, or is short of the target")]
    price: Annotated[float, Field(description="worth of the dollar that is wanted most")]
    statements: list[str]
    because: Annotated[list[str], Field(description="the wash sale that it would be, in words")]


class WaitDocument(Part):
    """A lot that does not pay to sell today and would, at the same prices, once it is long-term."""

    account_id: str
    security_id: str
    lot_id: str
    long_term_from: Day
    amount: Annotated[Number, Field(description="what the lot is worth")]
    gain: Annotated[Number, Field(description="what selling all of it would realise")]
    saves: Annotated[Number, Field(description="tax that waiting saves")]
    costs: Annotated[float, Field(description="of the first dollar today, beyond what it brings")]
    brings: Annotated[float, Field(description="the same dollar from that day on")]


class LotSale(Part):
    """Shares sold of one lot."""

    lot_id: str
    shares: Number
    amount: Number
    cost: Number
    term: Literal["short", "long"]
    realized_gain: Number


class LedgerEntry(Part):
    """One group of a ledger: negative where it asks for the trade. The groups sum to zero."""

    kind: Literal["terms", "statements", "bounds"]
    name: Annotated[str, Field(description="a term, the key of a statement, or a named bound")]
    value: Annotated[float, Field(description="dollars per dollar traded")]


class ElsewhereDocument(Part):
    """Another account of the portfolio in which the order would have cost more, or would have been
    worth something and is barred, and why."""

    account_id: str
    more: Annotated[float, Field(description="dollars per dollar traded, without risk")]
    barred_by: Annotated[list[str], Field(description="statements")]
    bounds: Annotated[list[str], Field(description="what else bars it")]
    ledger: list[LedgerEntry]


class TradeDocument(Part):
    """One order. `lots` is empty for a purchase."""

    trade_id: str
    account_id: str
    security_id: str
    ticker: str
    side: Side
    shares: Number
    price: Number
    amount: Number
    cost: Number
    realized_gain: Number | None
    lots: list[LotSale]
    rules: list[str]
    ledger: list[LedgerEntry]
    elsewhere: list[ElsewhereDocument]
    sentence: str


class ApprovalDocument(Part):
    """Trades that wait for somebody to agree to them."""

    who: str
    rule_id: str
    statement: str
    trades: Annotated[list[str], Field(description="trade ids")]


class HoldingDocument(Part):
    """A position after the trades, in shares and dollars."""

    account_id: str
    security_id: str
    shares: Number
    value: Number


class HeldLot(Part):
    """What is held of a lot after the trades, and what selling it today would gain."""

    account_id: str
    security_id: str
    lot_id: str
    shares: Number
    value: Number
    gain: Number
    term: Literal["short", "long"]


class ReportDocument(Part):
    """What a `report` lists: trade ids, or positions after the trades. Both may be empty."""

    rule_id: str
    statement: str
    trades: list[str]
    holdings: list[HoldingDocument]
    lots: Annotated[
        list[HeldLot], Field(description="where lots are told apart, the largest gain first")
    ]


class PreferenceDocument(Part):
    """Dollars on the wrong side of a `prefer`: held there, or for a preference about trades traded
    there, which before the trades is nothing."""

    rule_id: str
    statement: str
    wrong_side_before: Number
    wrong_side_after: Number


class GivesWay(Part):
    """A side of a security that a rule about cross trades kept the household from, which would have
    traded it: another client's order on the other side stayed. `among` is whose clients: an
    advisor, a program, empty for the firm's."""

    rule_id: str
    statement: str
    among: str
    security_id: str
    side: Side


class Faces(Part):
    """Orders of other clients that stay, and that the household was solved not to meet."""

    statement: str
    among: str
    side: Side
    securities: list[str]


class InTheWay(Part):
    """Dollars of lots that a statement keeps from being sold; null where the account may not
    trade."""

    statement: str | None
    dollars: Number


class CashEntry(Part):
    """A movement of an account's cash within a year, after the trades of the proposal."""

    account_id: str
    date: Annotated[Day, Field(description="as stated")]
    moves_on: Annotated[Day, Field(description="the day of settlement on which the money moves")]
    kind: Literal["settlement", "deposit", "withdrawal", "rmd", "fee", "tax", "reserve", "release"]
    amount: Annotated[Number, Field(description="dollars; negative is out, or set aside")]
    statement: Annotated[str | None, Field(description="what asks for it; null for the book")]
    cash_before: Annotated[Number, Field(description="settled and not set aside")]
    raise_by: Annotated[Day | None, Field(description="the last day on which to sell for it")]
    to_raise: Annotated[Number, Field(description="dollars of sales that are still to be made")]
    missing: Annotated[Number, Field(description="dollars that cannot be had")]
    in_the_way: list[InTheWay]


class Conflict(Part):
    """A statement that cannot hold with the others or with a payment, and by how much it would have
    to give way."""

    statement: str
    stretch_dollars: float


class ConflictSet(Part):
    """Rules that cannot be kept together today, though all but any one of them can; with the keys
    of their statements."""

    rules: list[str]
    statements: list[str]


class ConflictFact(Part):
    """What of the household a statement bears on, before any trade."""

    statement: str
    says: str


class ConflictChange(Part):
    """A rule that gives way: by another `amount`, for the dollars of its trades that are then
    `exempt`, or altogether. `by` and `not_enough` are in the amount's own unit: dollars, fractions
    of one, or numbers; the second is known not to do."""

    rule_id: str
    statement: str
    how: Literal["amount", "exempt", "without"]
    instead: Annotated[str | None, Field(description="the statement with an amount that does")]
    by: Number | None
    not_enough: Number | None
    dollars: Annotated[Number, Field(description="how far the trades go beyond it as it stands")]
    then: Annotated[list[str], Field(description="where the trades go beyond it as it stands")]


class ConflictRelaxation(Part):
    """Changes after which the household keeps everything, tried by solving it with them."""

    changes: list[ConflictChange]
    trades: Annotated[int, Field(description="how many orders are then proposed")]
    rounding: Annotated[list[str], Field(description="what whole shares leave undone even so")]


class ConflictsDocument(Part):
    """Sets of rules, the smallest first; relaxations by authority, the highest last, then cost."""

    sets: list[ConflictSet]
    complete: Annotated[bool, Field(description="false where there may be other sets")]
    facts: list[ConflictFact]
    unpaid: list[str]
    unpaid_without_rules: Annotated[
        bool, Field(description="whether more has to be paid than there is")
    ]
    relaxations: list[ConflictRelaxation]
    questions: Annotated[int, Field(description="times the household was merged and compiled")]
    solves: Annotated[int, Field(description="times it was solved, rounded and checked")]


class ModelFeeDocument(Part):
    """What a model that an account follows, or one inside it, costs as its provider says. It is no
    part of the objective."""

    account_id: str
    model_id: str
    name: str
    provider: str
    fee_bps: Annotated[Number, Field(description="basis points a year of what follows it")]
    weight: Annotated[float, Field(description="its part of the account, a fraction")]
    dollars_a_year: Annotated[Number, Field(description="at today's values")]


class ProposalDocument(Part):
    """`proposals/HOUSEHOLD.json`. What a solve gives is there where the status is `proposed` or
    `no_action`."""

    format: Literal["policydsl-proposal/1"]
    household_id: str
    name: str
    as_of: Day
    status: Status
    findings: list[str]
    statements: dict[str, StatementDocument] | None = None
    accounts: list[AccountDocument] | None = None
    portfolios: list[PortfolioDocument] | None = None
    tracking_error: Annotated[Together | None, Field(description="from the target")] = None
    model_tracking_error: Annotated[
        Together | None, Field(description="from the published models, whatever moves the target")
    ] = None
    drift: Together | None = None
    tax: dict[str, TaxYear] | None = None
    models: list[ModelFeeDocument] | None = None
    objective: Annotated[
        dict[str, float] | None, Field(description="dollars of present value by term")
    ] = None
    gap: Gap | None = None
    still_broken_dollars: Annotated[
        float | None,
        Field(description="excess over limits that was there before and cannot be cured today"),
    ] = None
    risk_model: str | None = None
    model: ModelDocument | None = None
    assumptions: dict[str, Assumptions] | None = None
    work: Work | None = None
    soft_broken: list[SoftBroken] | None = None
    tiers: list[TierDocument] | None = None
    bounds: list[BoundDocument] | None = None
    held_back: list[HeldBackDocument] | None = None
    waits: Annotated[
        list[WaitDocument] | None, Field(description="sales that wait for a lot to turn long-term")
    ] = None
    trades: list[TradeDocument] | None = None
    approvals: Annotated[
        list[ApprovalDocument] | None, Field(description="the proposal waits for each of them")
    ] = None
    reports: list[ReportDocument] | None = None
    cash_calendar: Annotated[
        list[CashEntry] | None,
        Field(description="of accounts that pay, receive or set aside cash within a year"),
    ] = None
    preferences: list[PreferenceDocument] | None = None
    gives_way: list[GivesWay] | None = None
    faces: list[Faces] | None = None
    conflict: Annotated[
        list[Conflict] | None,
        Field(description="what cannot hold together, or keeps a payment from being raised whole"),
    ] = None
    conflicts: Annotated[
        ConflictsDocument | None,
        Field(description="rules that ask today what they cannot have, and what would do"),
    ] = None


class BlockSide(Part):
    """One side of a block. `households` maps each to its shares."""

    shares: Number
    amount: Number
    accounts: list[str]
    households: dict[str, Number]


class BlockDocument(Part):
    """Every order of one security in a run. Net is bought less sold, gross is both together."""

    security_id: str
    ticker: str
    price: Number
    bought: BlockSide
    sold: BlockSide
    net_shares: Number
    net_amount: Number
    gross_shares: Number
    gross_amount: Number
    crossing_shares: Annotated[
        Number, Field(description="the most that could pass from one client to another")
    ]
    crossing: Annotated[
        Literal["crosses", "prevented"] | None,
        Field(description="`prevented`: households gave way so that nothing crosses"),
    ]
    giving_way: Annotated[list[str], Field(description="the households that gave way")]
    rules: Annotated[
        list[str],
        Field(description="the rules about cross trades that prevented it, or let it pass"),
    ]


class BlocksDocument(Part):
    """`policydsl explain RUN --blocks --format json`."""

    blocks: list[BlockDocument]


class InputHashes(Part):
    """sha256 of each input file as it was read."""

    book: dict[str, Hash]
    policies: dict[str, Hash]


class Options(Part):
    """What the user asked for beyond book and policies. No household named means all."""

    as_of: Day | None = None
    households: list[str]


class Totals(Part):
    """Sums over the run, dollars; gains and tax of taxable accounts."""

    households: int
    status: dict[Status, int]
    trades: int
    gave_way: Annotated[
        int, Field(description="households kept from orders that would meet another client's")
    ]
    awaiting_approval: Annotated[int, Field(description="proposals with trades to be approved")]
    sold: Number
    bought: Number
    cost: Number
    gain_short: Number
    gain_long: Number
    disallowed: Annotated[Number, Field(description="of the losses in these gains, by wash sales")]
    tax_change: Number
    tax_cost_change: Number


class PoliciesAt(Part):
    """Where the policies stood in git."""

    commit: str
    dirty: Annotated[list[str], Field(description="policy files that were not as committed")]


class Parameters(Part):
    """What bounds the work of a household, in counts."""

    search: dict[str, float]


class EffectiveLine(Part):
    """One statement and its part in a value."""

    verb: str
    value: str
    rule: str
    path: str
    line: int
    why: str
    layer: str
    origin: str
    replaced_by: str | None
    soft: int | None


class EffectiveSlot(Part):
    """A value, with what won, what lost and why, and what it lets lower layers set."""

    name: str
    value: str
    lines: list[EffectiveLine]
    grants: list[EffectiveLine]


class EffectiveAccountDocument(Part):
    """One account, as `policydsl effective --format json` prints it."""

    account_id: str
    facts: list[str]
    held: list[str]
    model: dict[str, list[dict[str, Any]]]
    slots: list[EffectiveSlot]
    absent: list[EffectiveLine]
    diagnostics: list[dict[str, Any]]


class EffectiveDocument(Part):
    """`effective/HOUSEHOLD.json`: what held for each account on the day."""

    format: Literal["policydsl-effective/1"]
    household_id: str
    as_of: Day
    accounts: list[EffectiveAccountDocument]


class Platform(Part):
    """What a run was made on."""

    system: str
    machine: str


class RunDocument(Part):
    """`run.json`. The log holds its hash, and `seal.json` that of its bytes."""

    format: Literal["policydsl-run/1"]
    book: str
    as_of: Day
    policies: str
    policy_revision: Hash
    policies_at: Annotated[
        PoliciesAt | None, Field(description="null where the policies are in no git work tree")
    ]
    inputs: InputHashes
    risk_model: str
    options: Options
    parameters: Parameters
    households: list[str]
    totals: Totals
    timings: Annotated[
        dict[str, float],
        Field(description="seconds a stage; `total` of all, `solver` of it inside solvers"),
    ]
    versions: dict[str, str]
    platform: Platform
    files: Annotated[
        dict[str, Hash], Field(description="every file of the run but this one and the seal")
    ]
    content: Annotated[Hash, Field(description="of what a replay has to come to")]
    log_head: Hash


class Signature(Part):
    """Of the seal, in hex: by whoever has the private half of the key."""

    algorithm: Literal["ed25519"]
    public_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    value: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


class SealDocument(Part):
    """`seal.json`: the sha256 of `run.json`, which has that of every other file."""

    format: Literal["policydsl-seal/1"]
    seal: Hash
    signature: Signature | None = None


DOCUMENTS: dict[str, type[Part]] = {
    "run": RunDocument,
    "proposal": ProposalDocument,
    "blocks": BlocksDocument,
    "seal": SealDocument,
    "effective": EffectiveDocument,
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, by its name in DOCUMENTS."""
    return DOCUMENTS[name].model_json_schema()


def schema_text(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps(json_schema(name), indent=2) + "\n"


def main(folder: Path) -> None:
    """Write every schema file."""
    for name in DOCUMENTS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
