"""Households drawn at random under rules that ask more than they can have together.

Each is drawn from its number alone. Two clashing rules or more come from one of the `CLASHES`,
with amounts that its holdings make impossible, or nearly; the rest of its rules harm nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from portfolio.household import Household, Security
from tests.by_hand import account, household, lot, security

SECTORS = ("Tech", "Health", "Energy", "Banks", "Utilities")
LAYERS = ("firm", "ipc", 'household "H1"')


@dataclass(frozen=True)
class Rule:
    """A rule of one directive, as it stands in the file of its layer."""

    id: str
    layer: str
    directive: str
    clauses: str = ""
    form: str = "rule"

    def text(self, directive: str | None = None, soft: str = "") -> str:
        """The rule, with other words for its directive, or softer, if they are given."""
        lines = (directive or self.directive, *self.clauses.splitlines(), soft)
        return f"{self.form} {self.id}\n" + "".join(f"    {line}\n" for line in lines if line)


@dataclass(frozen=True)
class Case:
    """A household with its rules; `clash` is which of CLASHES it was drawn from."""

    number: int
    clash: str
    home: Household
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Drawn:
    """What a clash may be made of: the account TX before any trade."""

    random: Random
    names: tuple[str, ...]
    worth: dict[str, Decimal]
    gain: dict[str, Decimal]
    cash: Decimal
    mixed: Decimal
    yields: Decimal

    @property
    def total(self) -> Decimal:
        return self.cash + self.mixed + sum(self.worth.values())

    @property
    def largest(self) -> str:
        return max(self.names, key=lambda name: (self.worth[name], name))

    def percent(self, dollars: Decimal, times: float) -> str:
        """Dollars as a share of the account, times a number, as policies write it."""
        share = dollars * Decimal(str(times)) / self.total * 100
        return f"{max(Decimal('0.1'), share.quantize(Decimal('0.1')))}%"

    def dollars(self, amount: Decimal, times: float) -> str:
        return f"${max(1, int(amount * Decimal(str(times)))):,}"

    def pick(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def of(self, names: Sequence[str]) -> Decimal:
        return sum((self.worth[name] for name in names), Decimal(0))

    @property
    def winners(self) -> list[str]:
        return [name for name in self.names if self.gain[name] > 0]

    @property
    def losers(self) -> list[str]:
        return [name for name in self.names if self.gain[name] < 0]

    @property
    def lost(self) -> Decimal:
        """Dollars of losses that could be taken."""
        return -sum((self.gain[name] for name in self.losers), Decimal(0))

    @property
    def dearest(self) -> str:
        """The name of the largest gain."""
        return max(self.names, key=lambda name: (self.gain[name], name))


def quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


Clash = Callable[[Drawn], list[str]]
"""Directives, each with its clauses below it."""
NO_GAINS = "keep realized gains at most $1 each year per taxpayer"
NO_LOSSES = "never harvest anything"
NO_TAX = "keep realized tax at most $5 each year per taxpayer"
CLOSE = "keep tracking error at most 0.5% per account"


def cash_and_no_sale(d: Drawn) -> list[str]:
    kept = list(d.names[: -1 - d.random.randrange(len(d.names) - 1)])
    wanted = d.percent(d.total - d.of(kept), d.pick(1.05, 1.5))
    return [f"keep cash at least {wanted} of account", f"never sell {quoted(kept)}"]


def cap_and_no_sale(d: Drawn) -> list[str]:
    cap = d.percent(d.worth[d.largest], d.pick(0.3, 0.9))
    return [f"keep each holding at most {cap} of account", f'never sell "{d.largest}"']


def cap_and_gains(d: Drawn) -> list[str]:
    cap = d.percent(d.worth[d.dearest], d.pick(0.2, 0.8))
    return [f'keep "{d.dearest}" at most {cap} of account', NO_GAINS, NO_LOSSES]


def ban_and_trade_maximum(d: Drawn) -> list[str]:
    most = d.dollars(d.worth[d.largest], d.pick(0.2, 0.8))
    return [f'never hold "{d.largest}"', f"keep each trade at most {most}"]


def ban_and_tax(d: Drawn) -> list[str]:
    return [f'never hold "{d.dearest}"', NO_TAX, NO_LOSSES]


def count_and_turnover(d: Drawn) -> list[str]:
    few = max(1, len(d.names) // 2)
    smallest = sum(sorted(d.worth.values())[: len(d.names) - few], Decimal(0))
    most = d.percent(smallest, d.pick(0.2, 0.8))
    return [f"keep holdings at most {few}", f"keep turnover at most {most} of account each year"]


def risk_and_turnover(d: Drawn) -> list[str]:
    most = d.percent(d.total, d.pick(0.005, 0.03))
    return [
        "keep tracking error at most 0.3% per account",
        f"keep turnover at most {most} of account each year",
    ]


def moved_target(d: Drawn) -> list[str]:
    return [
        f'target "{d.largest}" at {d.pick(85, 95):.0f}% of account',
        CLOSE,
        "never buy anything",
    ]


def other_model(d: Drawn) -> list[str]:
    del d
    return ['use model "OTHER"', CLOSE, "never sell anything"]


def replaced(d: Drawn) -> list[str]:
    first, second = d.largest, d.names[0] if d.names[0] != d.largest else d.names[1]
    return [f'replace "{first}" with "{second}"', CLOSE, f'never sell "{first}"']


def payment_and_no_sale(d: Drawn) -> list[str]:
    winners = d.winners or list(d.names)
    paid = d.dollars(d.total - d.of(winners), d.pick(1.05, 1.4))
    return [f"pay {paid} by 2026-06-16 per account", f"never sell {quoted(winners)}"]


def reserve_and_trades(d: Drawn) -> list[str]:
    most = d.worth[d.largest] * Decimal("0.3")
    room = d.cash + sum((min(most, worth) for worth in d.worth.values()), Decimal(0))
    wanted = d.dollars(room, d.pick(1.05, 1.3))
    return [
        f"reserve {wanted} by 2026-06-16 per account",
        f"keep each trade at most {d.dollars(most, 1)}",
    ]


def harvest_and_none(d: Drawn) -> list[str]:
    wanted = d.dollars(d.lost, d.pick(0.4, 0.9))
    bar = f"never sell {quoted(d.losers)}" if d.losers and d.pick(0, 1) < 0.5 else NO_LOSSES
    return [f"keep realized losses at least {wanted} each year per taxpayer", bar]


def harvest_and_turnover(d: Drawn) -> list[str]:
    wanted = d.dollars(d.lost, d.pick(0.5, 0.9))
    most = d.percent(d.total, d.pick(0.005, 0.02))
    return [
        f"keep realized losses at least {wanted} each year per taxpayer",
        f"keep turnover at most {most} of account each year",
    ]


def small_holding(d: Drawn) -> list[str]:
    smallest = min(d.names, key=lambda name: (d.worth[name], name))
    least = d.dollars(d.worth[smallest], d.pick(1.3, 3))
    return [f"keep each holding at least {least}", f'never trade "{smallest}"']


def yield_and_no_purchase(d: Drawn) -> list[str]:
    wanted = d.yields * Decimal(str(d.pick(1.1, 1.6))) * 100
    return [f"keep average yield at least {wanted:.2f}% per account", "never trade anything"]


def ceiling_and_no_purchase(d: Drawn) -> list[str]:
    most = d.percent(d.cash, d.pick(0.2, 0.8))
    return [f"keep cash at most {most} of account", "never buy anything"]


def ceiling_and_patience(d: Drawn) -> list[str]:
    most = d.percent(d.cash, d.pick(0.2, 0.8))
    return [f"keep settled cash at most {most} of account", "invest nothing"]


def bit_by_bit(d: Drawn) -> list[str]:
    sold = d.dollars(d.worth[d.largest], d.pick(0.5, 0.9))
    most = d.percent(d.worth[d.largest], d.pick(0.1, 0.4))
    return [
        f'sell {sold} of "{d.largest}" each quarter per account\nfrom 2026-04-01',
        f"keep turnover at most {most} of account each year",
    ]


def purchase_and_cash(d: Drawn) -> list[str]:
    bought = d.dollars(d.cash, d.pick(1.2, 2))
    return [
        f'buy {bought} of "{d.largest}" each month on day 1 per account\nfrom 2026-06-01',
        "never sell anything",
    ]


def absent_and_cash(d: Drawn) -> list[str]:
    kept = list(d.names[: max(1, len(d.names) - 1)])
    wanted = d.dollars(d.total - d.of(kept), d.pick(1.05, 1.5))
    return [f"keep cash at least {wanted} per account", f"treat {quoted(kept)} as absent"]


def lots_in_order(d: Drawn) -> list[str]:
    """The first lot of MIX is at a gain, the second at a loss."""
    cap = d.percent(d.mixed, 0.6)
    kept = [f"never sell {quoted(d.losers)}"] if d.losers else []
    cap_on_it = f'keep "MIX" at most {cap} of account'
    return ["use first in first out lots", cap_on_it, NO_GAINS, *kept]


def two_floors(d: Drawn) -> list[str]:
    floors = [f'keep "{n}" at least {d.pick(45, 60):.0f}% of account' for n in d.names[:2]]
    return [*floors, f"keep cash at least {d.pick(8, 12):.0f}% of account"]


def few_orders(d: Drawn) -> list[str]:
    return [f'never hold "{d.names[0]}"', f'never hold "{d.names[1]}"', "keep trades at most 1"]


def two_at_once(d: Drawn) -> list[str]:
    return [*cap_and_no_sale(d), *harvest_and_turnover(d)]


CLASHES: tuple[Clash, ...] = (
    cash_and_no_sale,
    cap_and_no_sale,
    cap_and_gains,
    ban_and_trade_maximum,
    ban_and_tax,
    count_and_turnover,
    risk_and_turnover,
    moved_target,
    other_model,
    replaced,
    payment_and_no_sale,
    reserve_and_trades,
    harvest_and_none,
    harvest_and_turnover,
    small_holding,
    yield_and_no_purchase,
    ceiling_and_no_purchase,
    ceiling_and_patience,
    bit_by_bit,
    purchase_and_cash,
    absent_and_cash,
    lots_in_order,
    two_floors,
    few_orders,
    two_at_once,
)
HARMLESS = (
    "keep each sector at most 99% of account",
    "keep realized gains at most $9,000,000 each year per taxpayer",
    "keep cash at most 99% of account",
    "prevent wash sales across household",
    'never buy "S00" where price above $9,999',
    "keep each trade at least $5",
    "never sell anything where lot.age below 3 days",
    "use risk aversion 8",
    "keep holdings at most 90",
    "keep turnover at most 300% of household each year",
    "only harvest anything where lot.loss at least $2",
)


def case(number: int) -> Case:
    """The household of a number."""
    random = Random(number)
    home, drawn = _home(random)
    clash = CLASHES[number % len(CLASHES)]
    found = [(text, True) for text in clash(drawn)]
    found += [(text, False) for text in random.sample(HARMLESS, random.randint(1, 5))]
    random.shuffle(found)
    rules = []
    for place, (text, clashing) in enumerate(found):
        directive, *clauses = text.split("\n")
        chosen = directive.startswith(("target", "use", "treat", "replace"))
        layer = "ipc" if chosen else random.choice(LAYERS)
        rules.append(Rule(f"{'ab'[clashing]}{place}", layer, directive, "\n".join(clauses)))
    return Case(number, clash.__name__, home, tuple(rules))


def _home(random: Random) -> tuple[Household, Drawn]:
    """One taxable account of 3 to 30 names, at its model or away from it."""
    count = random.choice((3, 4, 5, 6, 8, 12, 18, 30))
    names = tuple(f"S{k:02}" for k in range(count))
    market = [_priced(random, name) for name in (*names, "MIX")]
    prices = {each.id: Decimal(price) for each, price in market}
    lots, worth, gain = [], {}, {}
    for name in names:
        shares = Decimal(random.randint(20, 400))
        value = shares * prices[name]
        basis = int(value * Decimal(str(random.choice((0.4, 0.7, 0.9, 1.15, 1.4)))))
        acquired = random.choice(("2019-03-04", "2024-02-01", "2026-02-02"))
        lots.append(lot(f"l{name}", name, str(shares), basis, acquired))
        worth[name], gain[name] = value, value - basis
    half = 50 * prices["MIX"]
    lots.append(lot("m1", "MIX", 50, int(half / 2), "2018-01-03"))
    lots.append(lot("m2", "MIX", 50, int(half * 2), "2023-01-03"))
    total = sum(worth.values(), Decimal(0)) + 2 * half
    cash = (total * Decimal(str(random.uniform(0.02, 0.1)))).quantize(Decimal("0.01"))
    held = {**worth, "MIX": 2 * half}
    at_model = random.random() < 0.5
    parts = {n: float(w) if at_model else random.uniform(0.5, 1.5) for n, w in held.items()}
    whole = sum(parts.values()) / (1 - float(cash / (total + cash)))
    model = {name: f"{part / whole:.6f}" for name, part in parts.items()}
    home = household(
        account("TX", str(cash), *lots),
        market=market,
        constituents={},
        models={"CORE": model, "OTHER": dict.fromkeys(names[:2], "0.48")},
    )
    earned = sum(home.securities[n].dividend_yield * w for n, w in held.items()) / total
    return home, Drawn(random, names, worth, gain, cash, 2 * half, earned)


def _priced(random: Random, name: str) -> tuple[Security, str]:
    made = security(
        name,
        sector=random.choice(SECTORS),
        step=random.choice(("1", "1", "0.001")),
        dividend_yield=f"{random.uniform(0, 0.03):.4f}",
    )
    return made, f"{random.uniform(5, 180):.2f}"
