"""The one table from the names a policy may use to the values of a household's data.

Unprefixed names are columns of securities; `account.`, `household.`, `lot.` and `taxpayer.` name
the other tables. What the book or a policy set declares beside these is added in `Vocabulary`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import cast

from compiler.dimensions import Dimension, Value
from portfolio.holding import first_long_day, holding_start, is_long_term
from portfolio.household import (
    Account,
    Attribute,
    AttributeType,
    Household,
    Lot,
    Security,
    TaxEntity,
)
from portfolio.risk import correlation

PREFIXES = {
    "account": "accounts",
    "household": "households",
    "lot": "lots",
    "taxpayer": "tax_entities",
    "position": "positions",
    "trade": "trades",
    "proposal": "proposals",
    "original": "originals",
}
AFTER_THE_SOLVE = frozenset({"trades", "proposals"})
"""Tables that are empty until a household's trades are known."""
PREFIX_OF = {table: prefix for prefix, table in PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Trade:
    """One order: an account's purchase of a security, or its sales of all its lots.

    `side` is buy or sell; `amount` is in dollars and positive.
    """

    side: str
    shares: Decimal
    amount: Decimal


@dataclass(slots=True, eq=False)
class Environment:
    """Where an expression is evaluated: what is not set is unknown.

    `taxpayer` is the account's where it is not set. `trade` is one of `proposal`, the account's
    orders. `original` is the security that another is to stand in for. Nobody changes one; that it
    is not frozen is for speed, since thousands are made for a household.
    """

    household: Household
    account: Account | None = None
    security: Security | None = None
    lot: Lot | None = None
    taxpayer: TaxEntity | None = None
    trade: Trade | None = None
    proposal: tuple[Trade, ...] = ()
    original: Security | None = None


Subject = Security | Account | Household | Lot | TaxEntity | Trade
Getter = Callable[[Environment, Subject], Value | None]
LotsGetter = Callable[[Household, Sequence[Lot]], list[Value | None]]


_TYPES: Mapping[Dimension, type[Value]] = {
    Dimension.DATE: date,
    Dimension.TEXT: str,
    Dimension.FLAG: bool,
    Dimension.TAGS: frozenset,
}
"""What a value has to be; a book may have text where a policy set expects a number."""


@dataclass(frozen=True, slots=True)
class Column:
    """A name a policy may use: its table, dimension, and the kinds of security it applies to.

    A blank value of a security whose kind is not in `applies_to` is *not applicable*; every other
    blank is *missing*. `values` are known texts, for spelling; `closed` when there are no others.
    `read` is None for columns kept in the row's `attributes`; `read_lots` reads what is a lot's own
    of many at once.
    """

    table: str
    name: str
    dimension: Dimension
    applies_to: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    closed: bool = False
    description: str = ""
    read: Getter | None = field(default=None, compare=False, repr=False)
    read_lots: LotsGetter | None = field(default=None, compare=False, repr=False)

    @property
    def written(self) -> str:
        """The name as an author writes it: `industry`, `account.type`."""
        prefix = PREFIX_OF.get(self.table)
        return self.name if prefix is None else f"{prefix}.{self.name}"

    @property
    def fixed(self) -> bool:
        """Whether it is a security's own, the same for every household and day."""
        return self.table == "securities" and self.name != "price"

    @property
    def may_not_apply(self) -> bool:
        """Whether it is not applicable anywhere."""
        return self.table == "positions" or (self.table == "securities" and bool(self.applies_to))

    def subject(self, env: Environment) -> Subject | None:
        """The row of `env` this column belongs to."""
        match self.table:
            case "securities":
                return env.security
            case "lots":
                return env.lot
            case "accounts":
                return env.account
            case "households":
                return env.household
            case "positions":
                return None if env.account is None else env.security
            case "trades" | "proposals":
                return env.trade
            case "originals":
                return env.original
            case _:
                if env.taxpayer is not None or env.account is None:
                    return env.taxpayer
                return env.household.tax_entities.get(env.account.tax_entity_id)

    def value(self, env: Environment) -> Value | None:
        """The value in `env`; None where it is missing or not applicable."""
        subject = self.subject(env)
        if subject is None:
            return None
        if self.read is not None:
            return self.read(env, subject)
        assert not isinstance(subject, Trade)
        value = cast("Value | None", subject.attributes.get(self.name))
        return value if isinstance(value, _TYPES.get(self.dimension, Decimal)) else None

    def of_lots(self, household: Household, lots: Sequence[Lot]) -> list[Value | None]:
        """`value` of each lot, of a column of lots, asked at once."""
        if self.read_lots is not None:
            return self.read_lots(household, lots)
        return [self.value(Environment(household, lot=lot)) for lot in lots]

    def applicable(self, env: Environment) -> bool:
        """False where the value is blank because this kind of security has none, or the account
        holds none of it."""
        if self.table == "positions":
            return self.subject(env) is None or self.value(env) is not None or bool(_lots(env))
        if not self.applies_to or env.security is None or self.table != "securities":
            return True
        return env.security.kind in self.applies_to or self.value(env) is not None


def _field(name: str) -> Getter:
    return lambda env, subject: cast("Value | None", getattr(subject, name))


def lot_value(household: Household, lot: Lot) -> Decimal:
    """Market value of a lot in dollars at run prices."""
    return lot.shares * household.price(lot.security_id)


def _gain(household: Household, lot: Lot) -> Decimal:
    return lot_value(household, lot) - lot.basis


def _gains(household: Household, lots: Sequence[Lot]) -> list[Decimal]:
    prices = household.prices
    return [lot.shares * prices[lot.security_id] - lot.basis for lot in lots]


def _gains_only(household: Household, lots: Sequence[Lot]) -> list[Value | None]:
    return [max(gain, _NOTHING) for gain in _gains(household, lots)]


def _losses_only(household: Household, lots: Sequence[Lot]) -> list[Value | None]:
    return [max(-gain, _NOTHING) for gain in _gains(household, lots)]


def _gain_fractions(household: Household, lots: Sequence[Lot]) -> list[Value | None]:
    gains = zip(_gains(household, lots), lots, strict=True)
    return [gain / lot.basis if lot.basis else None for gain, lot in gains]


def _ages(household: Household, lots: Sequence[Lot]) -> list[Value | None]:
    today = household.as_of
    return [Decimal((today - holding_start(lot)).days) for lot in lots]


def _days_to_long_term(household: Household, lot: Lot) -> Decimal:
    days = (first_long_day(holding_start(lot)) - household.as_of).days
    return Decimal(max(days, 0))


_NOTHING = Decimal(0)


def _lots(env: Environment) -> list[Lot]:
    """The lots of the security that the account holds."""
    if env.account is None or env.security is None:
        return []
    return [lot for lot in env.account.lots if lot.security_id == env.security.id]


def _of_position(function: Callable[[Household, Lot], Decimal]) -> Getter:
    return lambda env, subject: sum(
        (function(env.household, lot) for lot in _lots(env)), Decimal(0)
    )


def _position_gain(env: Environment) -> Decimal:
    return sum((_gain(env.household, lot) for lot in _lots(env)), Decimal(0))


def _position_gain_fraction(env: Environment) -> Decimal | None:
    basis = sum((lot.basis for lot in _lots(env)), Decimal(0))
    return _position_gain(env) / basis if basis else None


def _position_weight(env: Environment) -> Decimal | None:
    assert env.account is not None
    worth = env.household.value(env.account)
    held = sum((lot_value(env.household, lot) for lot in _lots(env)), Decimal(0))
    return held / worth if worth > 0 else None


def household_value(household: Household) -> Decimal:
    """Dollars before tax of every account that is not held away (book.md: only where named)."""
    return sum(
        (household.value(each) for each in household.accounts if not each.held_away), Decimal(0)
    )


_STOCKS = frozenset({"stock", "bond"})
_KINDS = frozenset({"stock", "etf", "fund", "bond", "cash"})
_ACCOUNT_TYPES = frozenset({"taxable", "traditional_ira", "roth_ira", "k401", "hsa", "trust"})
_TERMS = frozenset({"short", "long"})
_SIDES = frozenset({"buy", "sell"})
_FILINGS = frozenset({"single", "joint", "separate", "head", "trust"})


def _columns(
    table: str, names: str, dimension: Dimension, fields: Mapping[str, str] | None = None
) -> Iterator[Column]:
    """Columns that are plain fields of the row; `fields` renames the few that differ."""
    for name in names.split():
        yield Column(table, name, dimension, read=_field((fields or {}).get(name, name)))


def _security_columns() -> Iterator[Column]:
    table = "securities"
    texts = "security_id ticker name asset_class country issuer wash_group equivalence_class"
    yield from _columns(table, texts, Dimension.TEXT, {"security_id": "id"})
    yield Column(table, "kind", Dimension.TEXT, values=_KINDS, closed=True, read=_field("kind"))
    for name in ("sector", "industry"):
        yield Column(table, name, Dimension.TEXT, applies_to=_STOCKS, read=_field(name))
    for name in ("cusip", "isin", "figi"):
        yield Column(table, name, Dimension.TEXT)
    yield from _columns(table, "yield", Dimension.FRACTION, {"yield": "dividend_yield"})
    yield from _columns(table, "share_increment", Dimension.SHARES)
    yield from _columns(table, "tags", Dimension.TAGS)
    yield Column(
        table,
        "price",
        Dimension.MONEY,
        read=lambda env, subject: env.household.prices.get(cast("Security", subject).id),
    )


def _account_columns() -> Iterator[Column]:
    table = "accounts"
    yield from _columns(
        table,
        "id household_id owner tax_entity_id model_id custodian program",
        Dimension.TEXT,
    )
    yield Column(
        table, "type", Dimension.TEXT, values=_ACCOUNT_TYPES, closed=True, read=_field("type")
    )
    yield from _columns(table, "discretionary fractional held_away taxable", Dimension.FLAG)
    yield from _columns(table, "tags", Dimension.TAGS)
    yield from _columns(table, "unsettled_cash", Dimension.MONEY)
    yield Column(
        table,
        "cash",
        Dimension.MONEY,
        read=lambda env, subject: (
            cast("Account", subject).cash + cast("Account", subject).unsettled_cash
        ),
    )
    yield Column(
        table,
        "value",
        Dimension.MONEY,
        read=lambda env, subject: env.household.value(cast("Account", subject)),
    )


def _household_columns() -> Iterator[Column]:
    table = "households"
    names = "id name model_id management advisor"
    yield from _columns(table, names, Dimension.TEXT)
    yield from _columns(table, "tags", Dimension.TAGS)
    yield Column(
        table,
        "value",
        Dimension.MONEY,
        read=lambda env, subject: household_value(env.household),
    )


def _lot_columns() -> Iterator[Column]:
    for names, dimension in (
        ("id order_id", Dimension.TEXT),
        ("acquired holding_from", Dimension.DATE),
        ("shares used_shares", Dimension.SHARES),
        ("basis", Dimension.MONEY),
        ("covered pledged", Dimension.FLAG),
    ):
        for name in names.split():
            yield _of_lots(name, dimension, _fields(name))
    yield _of_lots("value", Dimension.MONEY, _each(lot_value))
    yield _of_lots("gain", Dimension.MONEY, _gains_only)
    yield _of_lots("loss", Dimension.MONEY, _losses_only)
    yield _of_lots("gain_percent", Dimension.FRACTION, _gain_fractions)
    yield _of_lots("age", Dimension.DURATION, _ages)
    yield _of_lots("days_to_long_term", Dimension.DURATION, _each(_days_to_long_term))
    yield _of_lots("long_term", Dimension.FLAG, _each(lambda h, lot: is_long_term(lot, h.as_of)))
    term = _each(lambda h, lot: "long" if is_long_term(lot, h.as_of) else "short")
    yield replace(_of_lots("term", Dimension.TEXT, term), values=_TERMS, closed=True)


def _of_lots(name: str, dimension: Dimension, function: LotsGetter) -> Column:
    def read(env: Environment, subject: Subject) -> Value | None:
        return function(env.household, (cast("Lot", subject),))[0]

    return Column("lots", name, dimension, read=read, read_lots=function)


def _fields(name: str) -> LotsGetter:
    own = attrgetter(name)
    return lambda household, lots: [own(lot) for lot in lots]


def _each(function: Callable[[Household, Lot], Value | None]) -> LotsGetter:
    return lambda household, lots: [function(household, lot) for lot in lots]


def _position_columns() -> Iterator[Column]:
    table = "positions"
    yield Column(
        table, "shares", Dimension.SHARES, read=_of_position(lambda household, lot: lot.shares)
    )
    yield Column(table, "value", Dimension.MONEY, read=_of_position(lot_value))
    for name, dimension, function in (
        ("weight", Dimension.FRACTION, _position_weight),
        ("gain", Dimension.MONEY, lambda env: max(_position_gain(env), Decimal(0))),
        ("loss", Dimension.MONEY, lambda env: max(-_position_gain(env), Decimal(0))),
        ("gain_percent", Dimension.FRACTION, _position_gain_fraction),
    ):
        yield Column(table, name, dimension, read=_of_env(function))


def _of_env(function: Callable[[Environment], Value | None]) -> Getter:
    return lambda env, subject: function(env)


def _trade_columns() -> Iterator[Column]:
    yield Column("trades", "side", Dimension.TEXT, values=_SIDES, closed=True, read=_field("side"))
    yield Column("trades", "shares", Dimension.SHARES, read=_field("shares"))
    yield Column("trades", "amount", Dimension.MONEY, read=_field("amount"))
    yield Column(
        "proposals", "trades", Dimension.NUMBER, read=lambda env, _: Decimal(len(env.proposal))
    )
    yield Column(
        "proposals",
        "amount",
        Dimension.MONEY,
        read=lambda env, _: sum((each.amount for each in env.proposal), Decimal(0)),
    )


def _taxpayer_columns() -> Iterator[Column]:
    table = "tax_entities"
    yield from _columns(table, "id state", Dimension.TEXT)
    yield Column(
        table, "filing", Dimension.TEXT, values=_FILINGS, closed=True, read=_field("filing")
    )
    yield from _columns(table, "rate_short rate_long rate_ordinary rate_carry", Dimension.FRACTION)
    yield from _columns(table, "carry_short carry_long ytd_short ytd_long", Dimension.MONEY)
    for name in ("rate_ltcg", "rate_niit", "rate_state"):
        yield Column(table, name, Dimension.FRACTION)
    for name in ("ordinary_income", "magi_other"):
        yield Column(table, name, Dimension.MONEY)


def _correlation(env: Environment, subject: Subject) -> Value | None:
    if env.security is None:
        return None
    return correlation(env.household.risk, env.security.id, cast("Security", subject).id)


def _of_original(column: Column) -> Column:
    """A column of the security that another is to stand in for."""

    def read(env: Environment, subject: Subject) -> Value | None:
        return column.value(replace(env, security=cast("Security", subject)))

    return replace(column, table="originals", applies_to=frozenset(), read=read)


BUILT_IN: tuple[Column, ...] = (
    *_security_columns(),
    *_account_columns(),
    *_household_columns(),
    *_lot_columns(),
    *_position_columns(),
    *_trade_columns(),
    *_taxpayer_columns(),
    Column("originals", "correlation", Dimension.NUMBER, read=_correlation),
)

_DECLARED = {
    AttributeType.NUMBER: Dimension.NUMBER,
    AttributeType.FRACTION: Dimension.FRACTION,
    AttributeType.MONEY: Dimension.MONEY,
    AttributeType.DATE: Dimension.DATE,
    AttributeType.TEXT: Dimension.TEXT,
    AttributeType.FLAG: Dimension.FLAG,
}


class Vocabulary:
    """All columns a policy may name, by table and name."""

    def __init__(self, attributes: Iterable[Attribute] = ()) -> None:
        self._columns = {(column.table, column.name): column for column in BUILT_IN}
        for attribute in attributes:
            self._declare(attribute)

    def _declare(self, attribute: Attribute) -> None:
        key = attribute.table, attribute.name
        known = self._columns.get(key)
        if known is None:
            known = Column(
                attribute.table,
                attribute.name,
                _DECLARED[attribute.type],
                description=attribute.description,
            )
        if not known.closed:
            known = replace(known, values=known.values | attribute.values)
        if known.read is None:
            known = replace(known, applies_to=attribute.applies_to or known.applies_to)
        self._columns[key] = known

    def find(self, written: str) -> Column | None:
        """The column an author means by `industry` or `account.type`; None if there is none."""
        prefix, dot, name = written.partition(".")
        if prefix == "original" and name != "correlation":
            column = self._columns.get(("securities", name))
            return None if column is None else _of_original(column)
        if dot and prefix in PREFIXES:
            return self._columns.get((PREFIXES[prefix], name))
        return self._columns.get(("securities", written))

    def get(self, table: str, name: str) -> Column | None:
        """The column `name` of `table`."""
        return self._columns.get((table, name))

    def written(self) -> list[str]:
        """Every name as an author writes it, sorted."""
        return sorted(column.written for column in self._columns.values())

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns.values())
