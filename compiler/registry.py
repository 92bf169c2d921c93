"""What stands beside the rows of a model: positions, squares, tax pieces, wash groups, excesses.

Linear rows cannot say these things; statements and physics register them here for the solver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import NamedTuple

from compiler.sums import Column, Sum
from compiler.tableau import Rows
from compiler.washing import WashedLoss
from portfolio.household import Lot

PHYSICS = "physics"
"""The block of what holds without any policy, and the key of what it asks."""


@dataclass
class Position:
    """One security in one tradable account: what may be sold of it, lot by lot, and bought.

    Amounts are basis points of household value, `worth` those of the lots. `smallest_sale` and
    `smallest_purchase` are what trade minimums ask of the order; a sale below its minimum must
    close the position. Of soft minimums it is (amount, shortfall): they count where no shortfall is
    let in.
    `closed`, where a statement asks for it, is the decision to sell the position whole; without it
    at most `largest_part` may be sold. `too_small` is what is wrong with leaving it as it is.
    Where other accounts of its portfolio or funds hold the security too, its risk is in `through`,
    the active weight of all: a dollar here counts `weight` in it, and what no position of the
    security adds lies between the ends of `spread`. `shared` is a fund of a portfolio over several
    accounts: its risk is in columns that it has with other securities. Where lots have a fixed
    order, `in_order` are the sales of those that may be sold, as they go, and `exhausted` the
    decisions to sell each of them but the last whole.
    """

    account_id: str
    security_id: str
    lots: tuple[Lot, ...]
    sells: tuple[Column, ...]
    worth: tuple[float, ...]
    buy: Column | None
    sold: Column | None
    bought: Column | None
    active: Column
    held: float
    target: float
    smallest_sale: float = 0.0
    smallest_purchase: float = 0.0
    closed: Column | None = None
    largest_part: float = inf
    too_small: Column | None = None
    soft_sales: list[tuple[float, Column]] = field(default_factory=list)
    soft_purchases: list[tuple[float, Column]] = field(default_factory=list)
    through: Column | None = None
    weight: float = 1.0
    spread: tuple[float, float] = (0.0, 0.0)
    shared: bool = False
    in_order: tuple[Column, ...] = ()
    exhausted: tuple[Column, ...] = ()

    trades: list[Column] = field(init=False)
    """The purchase, where it may be bought, and the sales of its lots."""
    signs: list[float] = field(init=False)
    """What a dollar of each of them adds to its value."""

    def __post_init__(self) -> None:
        bought = [] if self.buy is None else [self.buy]
        self.trades = [*bought, *self.sells]
        self.signs = [1.0] * len(bought) + [-1.0] * len(self.sells)

    def part(self, share: float) -> tuple[list[float], list[Column]]:
        """A share of what the trades add to its value (bp): coefficients and columns."""
        return self.signs if share == 1.0 else [share * sign for sign in self.signs], self.trades

    @cached_property
    def sell_of(self) -> dict[str, Column]:
        """What is sold of each lot, by its id."""
        return {lot.id: sell for lot, sell in zip(self.lots, self.sells, strict=True)}


class Square(NamedTuple):
    """`weight` x `column`^2 in the objective (basis points of value). One that only settles `ties`
    between columns of equal cost is solved with, and is no part of what the answer is worth."""

    column: Column
    weight: float
    ties: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """One linear piece of the tax function of an entity, switched on by `chosen`."""

    name: str
    chosen: Column
    short: Column
    long: Column


@dataclass(frozen=True, slots=True)
class TaxFunction:
    """Net short and long of one entity after this run, and its tax as pieces of which one holds.

    `tax` is less the value of losses carried on, `owed` is the year's tax alone.
    """

    entity_id: str
    regions: tuple[Region, ...]
    tax: Sum
    owed: Sum
    before: float


@dataclass(frozen=True, slots=True)
class LossSale:
    """Losses of a wash group that may be taken together: if `taken`, `exits` are sold whole.

    Where recent shares wash a part of them, in this `way`, these are `kept`, and so much as `least`
    says (bp) is sold for certain.
    """

    taken: Column
    sells: tuple[Column, ...]
    exits: tuple[Column, ...]
    way: WashedLoss | None = None
    kept: tuple[Column, ...] = ()
    least: tuple[tuple[Column, float], ...] = ()


@dataclass(frozen=True, slots=True)
class WashGroup:
    """Sales at a loss and purchases of one wash group exclude each other within the run."""

    group: str
    sales: tuple[LossSale, ...]
    bought: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Cure:
    """The dollars (bp) by which a limit broken today is still broken after the run."""

    excess: Column
    key: str
    where: str
    before: float


@dataclass(frozen=True, slots=True)
class Soft:
    """The dollars (bp) by which a soft statement is broken at one place after the run.

    `priority` 1 is broken last; `still` is how far it is broken if nothing is traded.
    """

    excess: Column
    key: str
    where: str
    priority: int
    still: float


class Limit(NamedTuple):
    """A row of a policy by its place among `rows`, its upper end (bp), and what may exceed it."""

    rows: Rows
    place: int
    ceiling: float
    excess: Column | None
