"""Invented households: who they are, what they hold, and what they did this year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from portfolio.holding import first_long_day
from portfolio.synth.market import SynthMarket
from portfolio.synth.words import FAMILIES
from portfolio.tax.wash_sales import WINDOW

Rows = list[tuple[object, ...]]

# state -> rate on income and gains
_STATES = {"TX": 0.0, "WA": 0.0, "MA": 0.05, "NY": 0.0685, "CA": 0.093}
# (rate on ordinary income, on long-term gain, net investment income tax)
_BRACKETS = ((0.22, 0.15, 0.0), (0.24, 0.15, 0.0), (0.32, 0.15, 0.038), (0.37, 0.20, 0.038))


@dataclass(frozen=True)
class Kind:
    """One kind of household: its model and program, its accounts (suffix, type, owner, share of
    the whole), and what is special about it."""

    model: str
    program: str
    accounts: tuple[tuple[str, str, str, float], ...]
    joint: bool = False
    tag: str = ""
    cash: float = 0.02
    years: float = 4.0


_SINGLE = (("TX", "taxable", "self", 1.0),)
_FAMILY = (
    ("TX", "taxable", "self", 0.50),
    ("IRA", "traditional_ira", "self", 0.35),
    ("ROTH", "roth_ira", "self", 0.15),
)
_COUPLE = (
    ("TX", "taxable", "self", 0.55),
    ("SP", "taxable", "spouse", 0.20),
    ("IRA", "traditional_ira", "self", 0.25),
)
_RETIREE = (("TX", "taxable", "self", 0.45), ("IRA", "traditional_ira", "self", 0.55))
_WORKER = (("TX", "taxable", "self", 0.70), ("K401", "k401", "self", 0.30))

KINDS = (
    Kind("INDEX-DIRECT", "direct-index", _SINGLE),
    Kind("GROWTH-FUND", "etf", _FAMILY, joint=True),
    Kind("INDEX-DIRECT", "direct-index", _SINGLE, tag="legacy", years=4.5),
    Kind("BALANCED-FUND", "etf", _RETIREE, tag="retiree"),
    Kind("CORE-DIRECT", "direct-index", _SINGLE, tag="transition", cash=0.18, years=1.5),
    Kind("GROWTH-DIRECT", "direct-index", _COUPLE, joint=True),
    Kind("INDEX-DIRECT", "direct-index", _SINGLE, tag="founder", years=1.2),
    Kind("BALANCED-FUND", "etf", _WORKER),
)


@dataclass
class People:
    """Rows of the tables about households, in the order of their columns in `write.py`."""

    households: Rows = field(default_factory=list)
    tax_entities: Rows = field(default_factory=list)
    accounts: Rows = field(default_factory=list)
    lots: Rows = field(default_factory=list)
    transactions: Rows = field(default_factory=list)
    flows: Rows = field(default_factory=list)
    wash_blocks: Rows = field(default_factory=list)


def make_people(
    count: int,
    market: SynthMarket,
    models: Mapping[str, Mapping[str, Decimal]],
    as_of: date,
    seed: int,
) -> People:
    """`count` households of all kinds in turn; `models` are flattened (security to weight).

    Each household draws from numbers of its own, so that a longer book begins like a shorter one.
    """
    people = People()
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        random = np.random.RandomState([seed, number])
        _Family(number, kind, market, models[kind.model], as_of, random, people).write()
    return people


class _Family:
    """Writes one household's rows."""

    def __init__(
        self,
        number: int,
        kind: Kind,
        market: SynthMarket,
        target: Mapping[str, Decimal],
        as_of: date,
        random: np.random.RandomState,
        people: People,
    ) -> None:
        self.id = f"H{number + 1:05d}"
        self.number = number
        self.kind = kind
        self.market = market
        self.target = target
        self.as_of = as_of
        self.random = random
        self.people = people
        self.value = float(np.exp(random.normal(13.6, 0.7)))
        # What was sold this year is not bought again, so that no loss of the past is washed.
        picked = [market.stocks[at].id for at in random.permutation(len(market.stocks))[:3]]
        self.sold, self.legacy = picked[:2], picked[2]
        self.gains = {"short": Decimal(0), "long": Decimal(0)}

    def write(self) -> None:
        """All rows of the household."""
        family = FAMILIES[self.number % len(FAMILIES)]
        again = self.number // len(FAMILIES)
        name = f"{family} household" + (f" {again + 1}" if again else "")
        self.people.households.append(
            (
                self.id,
                name,
                f"ADV{self.number % 3 + 1}",
                self.kind.model,
                "joint" if self.kind.joint else "separate",
                self.kind.tag,
            )
        )
        for suffix, type_, owner, share in self.kind.accounts:
            self._account(suffix, type_, owner, share * self.value)
        self._sales()
        self._tax_entity()
        self._flows()

    @property
    def _taxable(self) -> str:
        return f"{self.id}-{self.kind.accounts[0][0]}"

    def _account(self, suffix: str, type_: str, owner: str, value: float) -> None:
        account = f"{self.id}-{suffix}"
        cash = value * self.kind.cash * float(self.random.uniform(0.3, 1.7))
        self.people.accounts.append(
            (
                account,
                self.id,
                type_,
                owner,
                f"T{self.id[1:]}",
                "",
                "true" if type_ == "k401" else "false",
                f"{cash:.2f}",
                f"{value * 0.002:.2f}" if self.random.uniform() < 0.1 else "0.00",
                f"CUST{self.random.randint(1, 3)}",
                self.kind.program,
                "true",
                "true",
                "",
            )
        )
        invested = value - cash
        if self.kind.tag == "legacy":
            self._legacy(account, 0.35 * invested)
            invested *= 0.65
        drift = np.exp(self.random.normal(0.0, 0.22, size=len(self.target)))
        absent = self.random.uniform(size=len(self.target)) < 0.05
        for at, (security, weight) in enumerate(self.target.items()):
            if len(self.target) > 5 and (absent[at] or security in self.sold):
                continue
            self._position(account, security, invested * float(weight) * float(drift[at]))

    def _legacy(self, account: str, value: float) -> None:
        """One large position, bought long ago and cheaply."""
        now = self.market.close(self.legacy, self.market.today)
        for day, part in ((0, 0.7), (180, 0.3)):
            paid = min(self.market.close(self.legacy, day), 0.4 * now)
            self._lot(account, self.legacy, day, value / now * part, paid)

    def _position(self, account: str, security: str, value: float) -> None:
        """A holding built up in one to four purchases, now and then one in the last 30 days."""
        market, today = self.market, self.market.today
        shares = value / market.close(security, today)
        count = int(self.random.choice([1, 2, 3, 4], p=[0.3, 0.35, 0.2, 0.15]))
        oldest = today - int(self.kind.years * 252)
        days = sorted(self.random.randint(max(oldest, 0), today - 70, size=count).tolist())
        parts = self.random.dirichlet(np.full(count, 4.0)).tolist()
        if self.random.uniform() < 0.06:
            days.append(today - int(self.random.randint(1, 20)))
            parts = [part * 0.9 for part in parts] + [0.1]
        for day, part in zip(days, parts, strict=True):
            self._lot(account, security, day, shares * part, market.close(security, day))

    def _lot(self, account: str, security: str, day: int, shares: float, paid: float) -> None:
        places = 0 if security not in self.market.weights else 4
        rounded = f"{max(shares, 10.0**-places):.{places}f}"
        if float(rounded) <= 0:
            rounded = "1"
        lot = f"L{len(self.people.lots) + 1:07d}"
        basis = f"{float(rounded) * paid:.2f}"
        bought = self.market.days[day]
        covered = "false" if self.random.uniform() < 0.002 else "true"
        self.people.lots.append(
            (lot, account, security, bought, rounded, basis, "", covered, "false")
        )
        if bought >= self._since:
            self.people.transactions.append(
                (bought, account, security, "buy", rounded, basis, lot, "", "", "custodian")
            )

    @property
    def _since(self) -> date:
        """Transactions go back to the start of the year, and 61 days at least."""
        return min(date(self.as_of.year, 1, 1), self.as_of - timedelta(days=61))

    def _sales(self) -> None:
        """One sale early in the year, and for most a loss in the last 30 days."""
        early = next((day for day in self._days_of_year() if day.month == 1 and day.day >= 4), None)
        if early is not None and early < self.as_of - WINDOW:
            self._sale(self.sold[0], early, float(self.random.uniform(-0.15, 0.3)))
        if self.random.uniform() < 0.7:
            back = int(self.random.randint(2, 18))
            self._sale(self.sold[1], self.market.days[self.market.today - back], -0.11)

    def _days_of_year(self) -> list[date]:
        return [day for day in self.market.days[-262:] if day.year == self.as_of.year]

    def _sale(self, security: str, day: date, margin: float) -> None:
        """A sale at `margin` of the basis, of a lot that is gone."""
        at = self.market.days.index(day)
        price = self.market.close(security, at)
        shares = Decimal(f"{self.value * 0.006 / price:.4f}") + Decimal("0.0001")
        amount = Decimal(f"{float(shares) * price:.2f}")
        gain = (amount * Decimal(f"{margin / (1 + margin):.6f}")).quantize(Decimal("0.01"))
        held = int(self.random.choice([200, 700]))
        long = day >= first_long_day(day - timedelta(days=held))
        term = "long" if long else "short"
        account = self._taxable
        self.people.transactions.append(
            (day, account, security, "sell", shares, amount, "", gain, term, "custodian")
        )
        if day.year == self.as_of.year:
            self.gains[term] += gain
        if gain < 0 and day + WINDOW >= self.as_of:
            loss = (-gain / shares).quantize(Decimal("0.0001"))
            self.people.wash_blocks.append((self.id, security, day + WINDOW, shares, loss))

    def _tax_entity(self) -> None:
        def draw(options: list[str]) -> str:
            return str(self.random.choice(options))

        state = draw(sorted(_STATES))
        ordinary, gains, niit = _BRACKETS[self.random.randint(len(_BRACKETS))]
        married = len(self.kind.accounts) > 2
        filing = "joint" if married else draw(["single", "joint", "head", "separate"])
        own = _STATES[state]
        self.people.tax_entities.append(
            (
                f"T{self.id[1:]}",
                self.id,
                filing,
                f"{ordinary + niit + own:.4f}",
                f"{gains + niit + own:.4f}",
                f"{ordinary:.2f}",
                f"{gains:.2f}",
                f"{niit:.3f}",
                f"{own:.4f}",
                state,
                draw(["0.00", "0.00", "4000.00", "11000.00"]),
                draw(["0.00", "0.00", "0.00", "35000.00"]),
                self.gains["short"],
                self.gains["long"],
                "0.15",
            )
        )

    def _flows(self) -> None:
        if self.kind.tag == "retiree":
            first = (self.as_of.replace(day=1) + timedelta(days=32)).replace(day=1)
            monthly, rmd = self.value * 0.003, self.value * 0.02
            self.people.flows.append(
                (self._taxable, first, f"{-monthly:.2f}", "monthly", "withdrawal", "")
            )
            due = date(self.as_of.year, 12, 15)
            if due > self.as_of:
                ira = f"{self.id}-IRA"
                self.people.flows.append((ira, due, f"{-rmd:.2f}", "", "rmd", ""))
        elif self.kind.tag == "founder":
            day = self.as_of + timedelta(days=20)
            amount = f"{self.value * 0.01:.2f}"
            self.people.flows.append((self._taxable, day, amount, "quarterly", "deposit", ""))
