"""What a policy talks about: households, their accounts and lots, and the market around them.

Plain values. Money and shares are `Decimal` exactly as the book states them; fractions such as
rates and weights are `Decimal` too. Floats begin in the optimisation model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Value = Decimal | str | bool | date

# Types of account whose gains are taxed as they are realised.
TAXABLE = ("taxable", "trust")
TAX_DEFERRED = ("traditional_ira", "k401")


class AttributeType(StrEnum):
    """What an attribute holds, and so what it may be compared with."""

    NUMBER = "number"
    FRACTION = "fraction"
    MONEY = "money"
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column a policy may name: built in, or declared by the book's `schema` table.

    `table` is securities, accounts, households, lots or tax_entities. An attribute with
    `applies_to` kinds is *not applicable* (never true, never unknown) to securities of other kinds.
    `values` are the distinct texts found in the book (text attributes), for spelling suggestions.
    """

    table: str
    name: str
    type: AttributeType
    applies_to: frozenset[str] = frozenset()
    description: str = ""
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Security:
    """`attributes` holds every other column by name; an empty cell is absent from it."""

    id: str
    ticker: str
    name: str
    kind: str
    asset_class: str
    sector: str | None
    industry: str | None
    country: str | None
    issuer: str
    dividend_yield: Decimal
    wash_group: str
    equivalence_class: str
    share_increment: Decimal
    tags: frozenset[str]
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lot:
    """`basis` is the total in dollars; `used_shares` have already served as replacements.

    `purchased` is false for shares that came by gift, inheritance or transfer: they replace
    nothing in a wash sale (26 USC 1091(a): "acquired by purchase or exchange"). `came_by` is the
    action of the transaction that brought them (buy, reinvest, vest, ...), where one is known.
    """

    id: str
    account_id: str
    security_id: str
    acquired: date
    shares: Decimal
    basis: Decimal
    holding_from: date | None = None
    order_id: str | None = None
    used_shares: Decimal = Decimal(0)
    covered: bool = True
    pledged: bool = False
    attributes: Mapping[str, Value] = field(default_factory=dict)
    purchased: bool = True
    came_by: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """`frozen` lists the reasons for which a finding forbids trading it (empty: tradable)."""

    id: str
    household_id: str
    type: str
    owner: str
    tax_entity_id: str
    model_id: str
    held_away: bool
    cash: Decimal
    unsettled_cash: Decimal
    custodian: str | None
    program: str | None
    discretionary: bool
    fractional: bool
    tags: frozenset[str]
    lots: tuple[Lot, ...]
    attributes: Mapping[str, Value] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()

    @property
    def taxable(self) -> bool:
        return self.type in TAXABLE

    @property
    def tax_deferred(self) -> bool:
        """Whether what is withdrawn is taxed as income (26 USC 402(a), 408(d)(1))."""
        return self.type in TAX_DEFERRED


@dataclass(frozen=True, slots=True)
class TaxEntity:
    """Rates are combined marginal rates; carried losses are positive dollars (book.md).

    `rate_carry` is what a dollar of loss carried on is worth today; None: nobody says, and it
    counts for nothing.
    """

    id: str
    household_id: str
    filing: str
    rate_short: Decimal
    rate_long: Decimal
    rate_ordinary: Decimal
    carry_short: Decimal
    carry_long: Decimal
    ytd_short: Decimal
    ytd_long: Decimal
    rate_carry: Decimal | None
    state: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """One dated movement of cash, recurrence already expanded; negative is out.

    `source` names what asks for it, where that is no row of the book.
    """

    account_id: str
    day: date
    amount: Decimal
    kind: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Dollars of an account's cash that are meant for something: `source` says for what.

    Where they are not there yet they are to be `raised`; otherwise they are only not to be spent.
    """

    account_id: str
    dollars: Decimal
    raised: bool
    source: str


@dataclass(frozen=True, slots=True)
class PastSale:
    """A sale on or before the book's day: dollars sold and dollars gained (negative: lost).

    `for_flow` is a sale that raised cash for a payment.
    """

    account_id: str
    security_id: str
    day: date
    amount: Decimal
    gain: Decimal
    long_term: bool
    for_flow: bool = False


@dataclass(frozen=True, slots=True)
class PastTrade:
    """A purchase or (negative shares and dollars) a sale on or before the book's day.

    The security comes with it: it may be neither held nor modelled any more.
    """

    account_id: str
    security: Security
    day: date
    shares: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WashBlock:
    """Shares of `wash_group` bought up to and including `until` would wash an earlier loss.

    `sold` are the accounts and securities of the sales at a loss, where transactions say so.
    """

    wash_group: str
    until: date
    shares: Decimal
    loss_per_share: Decimal
    source: str
    sold: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What may take a place in a model: a security, or a model with the places `inside` it."""

    component: str
    inside: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A weight of a model (a fraction of it) and what may take it, by rank.

    `passed` are components of higher rank that the book itself cannot offer, each with the reason.
    """

    weight: Decimal
    choices: tuple[Choice, ...]
    passed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the provider of a model says of it: `fee_bps` basis points a year of what follows it,
    `programs` those whose accounts may use it (empty: all). `place` is where the book says so."""

    name: str
    provider: str
    fee_bps: Decimal
    programs: frozenset[str]
    place: str


@dataclass(frozen=True, slots=True)
class Model:
    """A published target, nested models flattened: security id to fraction; the rest is cash.

    `places` says the same with alternates, and is empty where the model has none. `inside` gives
    the part (a fraction) of every model in it, at any depth, itself among them.
    """

    id: str
    weights: Mapping[str, Decimal]
    places: tuple[Place, ...] = ()
    inside: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def cash(self) -> Decimal:
        return Decimal(1) - sum(self.weights.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Risk:
    """Factor model, annual: covariance of returns = loadings loadings' + diag(specific).

    `securities` names the rows: every security without constituents that is held or modelled.
    `loadings` (n x k) has the factor covariance folded in, so factors have unit variance and are
    uncorrelated. `specific` (n) are variances. Values are rounded, so that the same inputs give
    the same numbers on every machine. `source` says where they came from, for the report.
    """

    securities: tuple[str, ...]
    loadings: NDArray[np.float64]
    specific: NDArray[np.float64]
    source: str


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Household:
    """Everything one problem needs; no other part of the book has to be looked at.

    `securities`, `prices` and `risk` cover what the household holds, what its models name and the
    constituents of both. `constituents` maps a fund to its holdings (fractions that sum to at most
    one); no holding is itself a fund with constituents. `wash_blocks` are those in force on
    `as_of`. `flows` fall on or after `as_of`, at most a year ahead. `linked_lots` are lots of tax
    entities outside the household that count for its wash sales. `past_sales` and `past_trades` are
    those of the book's transactions, whose first day (of any transaction) is `known_since`.
    `model_facts` are of every model that its provider says something of.
    `set_aside` is cash that is not free today, and `to_raise` the dollars by account that are
    missing today of what has to be paid, set aside or kept. `_values` are the last two of each
    account, for this and every household made of it, with the account and prices of each: lots in
    the book's order and in another are two.
    """

    id: str
    name: str
    model_id: str
    management: str
    advisor: str | None
    tags: frozenset[str]
    attributes: Mapping[str, Value]
    as_of: date
    accounts: tuple[Account, ...]
    tax_entities: Mapping[str, TaxEntity]
    securities: Mapping[str, Security]
    prices: Mapping[str, Decimal]
    models: Mapping[str, Model]
    constituents: Mapping[str, Mapping[str, Decimal]]
    flows: tuple[Flow, ...]
    wash_blocks: tuple[WashBlock, ...]
    risk: Risk
    settlement_days: int
    linked_lots: tuple[Lot, ...] = ()
    calendar: str = "XNYS"
    past_sales: tuple[PastSale, ...] = ()
    past_trades: tuple[PastTrade, ...] = ()
    known_since: date | None = None
    set_aside: tuple[SetAside, ...] = ()
    model_facts: Mapping[str, ModelFacts] = field(default_factory=dict)
    to_raise: Mapping[str, Decimal] = field(default_factory=dict)
    _values: dict[str, tuple[tuple[Account, Mapping[str, Decimal], Decimal], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def price(self, security_id: str) -> Decimal:
        return self.prices[security_id]

    def value(self, account: Account) -> Decimal:
        """Market value in dollars before tax, all cash included (unrounded)."""
        known = self._values.get(account.id, ())
        for one, prices, value in known:
            if one is account and prices is self.prices:
                return value
        worth = (lot.shares * self.prices[lot.security_id] for lot in account.lots)
        value = sum(worth, account.cash + account.unsettled_cash)
        self._values[account.id] = ((account, self.prices, value), *known[:1])
        return value
