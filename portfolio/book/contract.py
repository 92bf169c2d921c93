"""The book contract: every table and column, written once.

Reading, checking, the published JSON Schema and the attributes a policy may name all come from
`TABLES`. A book is a folder; a table is `NAME.csv` or `NAME.parquet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KINDS = ("stock", "etf", "fund", "bond", "cash")
ACCOUNT_TYPES = ("taxable", "traditional_ira", "roth_ira", "k401", "hsa", "trust")
FILINGS = ("single", "joint", "separate", "head", "trust")
MANAGEMENT = ("joint", "separate")
OWNERS = ("self", "spouse", "other")
ACTIONS = (
    "buy",
    "sell",
    "reinvest",
    "vest",
    "transfer_in",
    "transfer_out",
    "split",
    "dividend",
    "return_of_capital",
    "gift_in",
    "gift_out",
    "inherit",
)
RECURRENCES = ("monthly", "quarterly", "yearly")
FLOW_KINDS = ("withdrawal", "deposit", "fee", "tax", "rmd")
TERMS = ("short", "long")
ATTRIBUTE_TYPES = ("number", "fraction", "money", "date", "text", "flag")


class Cell(StrEnum):
    """What a cell holds; every cell is text until it is read as one of these."""

    TEXT = "text"
    NUMBER = "number"
    FRACTION = "fraction"
    MONEY = "money"
    SHARES = "shares"
    DATE = "date"
    FLAG = "flag"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `minimum`, `above` and `maximum` bound a number; `refers` names a table."""

    name: str
    cell: Cell = Cell.TEXT
    required: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    refers: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class TableContract:
    """One table: its columns, the columns that identify a row, and whose row it is.

    `subject` is the column that says whom a mistake in the row concerns, and `subject_kind` what
    that column names. An `open` table may have more columns, which become attributes.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    subject: str | None
    subject_kind: str
    required: bool = True
    open: bool = False
    description: str = ""

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> frozenset[str]:
        """The names of all built-in columns."""
        return frozenset(column.name for column in self.columns)


def _id(name: str, refers: str | None = None, required: bool = True) -> Column:
    return Column(name, Cell.TEXT, required, refers=refers)


def _choice(name: str, values: tuple[str, ...], required: bool = False) -> Column:
    return Column(name, Cell.TEXT, required, values=values)


def _rate(name: str, description: str = "", required: bool = False) -> Column:
    return Column(name, Cell.FRACTION, required, minimum=0.0, maximum=1.0, description=description)


def _loss(name: str, description: str) -> Column:
    return Column(name, Cell.MONEY, minimum=0.0, description=description)


SECURITIES = TableContract(
    "securities",
    (
        _id("security_id"),
        Column("ticker", required=True),
        Column("name", required=True),
        _choice("kind", KINDS, required=True),
        Column("asset_class", required=True),
        Column("sector"),
        Column("industry"),
        Column("country"),
        Column("issuer", description="empty: the security itself"),
        Column("cusip"),
        Column("isin"),
        Column("figi"),
        Column(
            "yield", Cell.FRACTION, minimum=0.0, maximum=1.0, description="income a year / price"
        ),
        Column("wash_group", description="substantially identical securities; empty: itself"),
        Column("equivalence_class", description="substitutes in a model; empty: itself"),
        Column("share_increment", Cell.SHARES, above=0.0, description="empty: 1"),
        Column("tags", Cell.TAGS, description="`;` between"),
    ),
    key=("security_id",),
    subject="security_id",
    subject_kind="security",
    open=True,
    description="what can be held",
)

SCHEMA = TableContract(
    "schema",
    (
        _choice(
            "table",
            ("securities", "accounts", "households", "lots", "tax_entities"),
            required=True,
        ),
        Column("column", required=True),
        _choice("type", ATTRIBUTE_TYPES, required=True),
        Column("applies_to", Cell.TAGS, description="kinds, `;` between; empty: all"),
        Column("description"),
    ),
    key=("table", "column"),
    subject=None,
    subject_kind="book",
    required=False,
    description="declares the extra attributes",
)

CONSTITUENTS = TableContract(
    "constituents",
    (
        _id("fund_id", "securities"),
        _id("security_id", "securities"),
        Column("weight", Cell.FRACTION, required=True, minimum=0.0),
    ),
    key=("fund_id", "security_id"),
    subject="fund_id",
    subject_kind="security",
    required=False,
    description="look-through of funds and the recipe of direct indexes",
)

PRICES = TableContract(
    "prices",
    (
        Column("date", Cell.DATE, required=True),
        Column("security_id", required=True),
        Column("close", Cell.MONEY, required=True, above=0.0),
    ),
    key=("date", "security_id"),
    subject="security_id",
    subject_kind="security",
    description="the latest on or before the as-of date values positions; history feeds risk",
)

HOUSEHOLDS = TableContract(
    "households",
    (
        _id("household_id"),
        _id("model_id", "models"),
        _choice("management", MANAGEMENT),
        Column("name"),
        Column("advisor"),
        Column("tags", Cell.TAGS),
    ),
    key=("household_id",),
    subject="household_id",
    subject_kind="household",
    open=True,
    description="joint: one target over all accounts; separate (default): a target in each",
)

TAX_ENTITIES = TableContract(
    "tax_entities",
    (
        _id("tax_entity_id"),
        _id("household_id", "households"),
        _choice("filing", FILINGS, required=True),
        _rate("rate_short", "combined, on short-term gain", required=True),
        _rate("rate_long", "combined, on long-term gain", required=True),
        _rate("rate_ordinary", "what $1 of loss against ordinary income saves; empty: rate_short"),
        _rate("rate_ltcg"),
        _rate("rate_niit"),
        _rate("rate_state"),
        Column("state"),
        Column(
            "ordinary_income",
            Cell.MONEY,
            description="ordinary taxable income of the year, deductions taken off, without gains",
        ),
        Column(
            "magi_other",
            Cell.MONEY,
            description="adjusted gross income of the year without gains; empty: ordinary_income",
        ),
        _loss("carry_short", "short-term loss carried in, positive"),
        _loss("carry_long", "long-term loss carried in, positive"),
        Column("ytd_short", Cell.MONEY, description="recognised this year, before carryforwards"),
        Column("ytd_long", Cell.MONEY, description="recognised this year, before carryforwards"),
        _rate("rate_carry", "value today of $1 of loss carried on; empty: policy's, or 0"),
        Column("wash_linked_to", Cell.TAGS, refers="tax_entities"),
    ),
    key=("tax_entity_id",),
    subject="tax_entity_id",
    subject_kind="tax_entity",
    open=True,
    description="who pays the tax",
)

ACCOUNTS = TableContract(
    "accounts",
    (
        _id("account_id"),
        _id("household_id", "households"),
        _choice("type", ACCOUNT_TYPES, required=True),
        _choice("owner", OWNERS),
        _id("tax_entity_id", "tax_entities"),
        _id("model_id", "models", required=False),
        Column("held_away", Cell.FLAG, description="counts, is never traded"),
        Column("cash", Cell.MONEY, required=True, description="settled"),
        Column("unsettled_cash", Cell.MONEY, description="on top of cash"),
        Column("custodian"),
        Column("program"),
        Column("discretionary", Cell.FLAG, description="empty: true"),
        Column("fractional", Cell.FLAG, description="empty: false"),
        Column("tags", Cell.TAGS),
    ),
    key=("account_id",),
    subject="account_id",
    subject_kind="account",
    open=True,
    description="where things are held",
)

LOTS = TableContract(
    "lots",
    (
        _id("lot_id"),
        _id("account_id", "accounts"),
        _id("security_id", "securities"),
        Column("acquired", Cell.DATE, required=True),
        Column("shares", Cell.SHARES, required=True, above=0.0),
        Column("basis", Cell.MONEY, required=True, minimum=0.0, description="total dollars"),
        Column("holding_from", Cell.DATE, description="where a holding period is tacked on"),
        Column("order_id"),
        Column(
            "used_shares",
            Cell.SHARES,
            minimum=0.0,
            description="shares that have already replaced a loss sale",
        ),
        Column("covered", Cell.FLAG, description="empty: true"),
        Column("pledged", Cell.FLAG, description="empty: false"),
    ),
    key=("lot_id",),
    subject="account_id",
    subject_kind="account",
    open=True,
    description="open tax lots",
)

TRANSACTIONS = TableContract(
    "transactions",
    (
        Column("date", Cell.DATE, required=True),
        _id("account_id", "accounts"),
        _id("security_id", "securities"),
        _choice("action", ACTIONS, required=True),
        Column("shares", Cell.SHARES, required=True, minimum=0.0),
        Column("amount", Cell.MONEY),
        Column("lot_id"),
        Column("order_id"),
        Column("realized_gain", Cell.MONEY),
        _choice("term", TERMS),
        Column("source"),
    ),
    key=(),
    subject="account_id",
    subject_kind="account",
    description="year to date, and 61 days back at least",
)

MODELS = TableContract(
    "models",
    (
        _id("model_id"),
        _id("component", "components"),
        Column("weight", Cell.FRACTION, required=True, minimum=0.0),
        Column("effective_from", Cell.DATE, description="empty: since ever"),
        Column(
            "rank",
            Cell.NUMBER,
            minimum=1.0,
            description="empty or 1: a component; 2, 3, ...: an alternate, tried in this order",
        ),
        Column(
            "alternate_for",
            description="the component that an alternate stands in for; "
            "empty: the one of the same weight",
        ),
    ),
    key=("model_id", "component", "effective_from", "rank", "alternate_for"),
    subject="model_id",
    subject_kind="model",
    description="targets; a component is a security or another model; the missing weight is cash",
)

MODEL_FACTS = TableContract(
    "model_facts",
    (
        _id("model_id", "models"),
        Column("name"),
        Column("provider", description="whose model it is; empty: the house's own"),
        Column(
            "fee_bps",
            Cell.NUMBER,
            minimum=0.0,
            maximum=1000.0,
            description="basis points a year of what follows it; empty: 0",
        ),
        Column(
            "programs",
            Cell.TAGS,
            description="programs whose accounts may use it, `;` between; empty: all",
        ),
    ),
    key=("model_id",),
    subject="model_id",
    subject_kind="model",
    required=False,
    description="what providers say of their models",
)

FLOWS = TableContract(
    "flows",
    (
        _id("account_id", "accounts"),
        Column("date", Cell.DATE, required=True),
        Column("amount", Cell.MONEY, required=True, description="negative: out"),
        _choice("recurrence", RECURRENCES),
        _choice("kind", FLOW_KINDS),
        Column("until", Cell.DATE, description="last day"),
    ),
    key=(),
    subject="account_id",
    subject_kind="account",
    required=False,
    description="cash that will come and go",
)

WASH_BLOCKS = TableContract(
    "wash_blocks",
    (
        _id("household_id", "households"),
        Column("wash_group", required=True),
        Column("until", Cell.DATE, required=True, description="the last blocked day"),
        Column("shares", Cell.SHARES, above=0.0, description="empty: every purchase is blocked"),
        Column("loss_per_share", Cell.MONEY, minimum=0.0),
    ),
    key=(),
    subject="household_id",
    subject_kind="household",
    required=False,
    description="purchases that would wash a loss taken before",
)

FACTORS = TableContract(
    "factors",
    (
        Column("factor_a", required=True),
        Column("factor_b", required=True),
        Column("covariance", Cell.NUMBER, required=True),
    ),
    key=("factor_a", "factor_b"),
    subject=None,
    subject_kind="book",
    required=False,
    description="annual covariance; one half of a symmetric matrix is enough",
)

EXPOSURES = TableContract(
    "exposures",
    (
        Column("security_id", required=True),
        Column("factor", required=True),
        Column("exposure", Cell.NUMBER, required=True),
    ),
    key=("security_id", "factor"),
    subject="security_id",
    subject_kind="security",
    required=False,
    description="exposures of securities to factors",
)

SPECIFIC = TableContract(
    "specific",
    (
        Column("security_id", required=True),
        Column("variance", Cell.NUMBER, required=True, minimum=0.0),
    ),
    key=("security_id",),
    subject="security_id",
    subject_kind="security",
    required=False,
    description="annual variance that no factor explains",
)

TABLES: tuple[TableContract, ...] = (
    SECURITIES,
    SCHEMA,
    CONSTITUENTS,
    PRICES,
    HOUSEHOLDS,
    TAX_ENTITIES,
    ACCOUNTS,
    LOTS,
    TRANSACTIONS,
    MODELS,
    MODEL_FACTS,
    FLOWS,
    FACTORS,
    EXPOSURES,
    SPECIFIC,
    WASH_BLOCKS,
)

BY_NAME: dict[str, TableContract] = {table.name: table for table in TABLES}
