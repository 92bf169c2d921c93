"""Households and rules drawn at random: odd prices, lots at gains and losses, old and new."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from portfolio.household import Account, Household, Lot
from tests.by_hand import account, household, lot, security, taxpayer
from tests.compiler.laws.households import KINDS_OF_ACCOUNT, T2, T3
from tests.plain import rules, sales
from tests.plain.rules import Rule

# --- households ----------------------------------------------------------------------------------

NAMES = ("AAA", "BBB", "CCC", "DDD", "FND")
SECURITIES = (
    security("AAA", oil="0.5"),
    security("BBB", oil="0", step="0.001", wash_group="BBB"),
    security("CCC", sector="Health"),
    security("DDD", kind="etf", asset_class="Bonds", sector=None),
    security("FND", kind="etf", sector=None, step="0.0001"),
)
PRICES = tuple(f"{whole}.{part}" for whole in (9, 23, 61, 187) for part in ("07", "50", "93"))
DAYS = ("2016-02-29", "2021-07-15", "2025-06-13", "2025-06-16", "2026-01-15", "2026-05-28")
WEIGHTS = (
    {"AAA": "0.2", "BBB": "0.2", "CCC": "0.2", "DDD": "0.2", "FND": "0.1"},
    {"AAA": "0.05", "CCC": "0.15", "DDD": "0.35", "FND": "0.43"},
    {"BBB": "0.35", "DDD": "0.3", "FND": "0.3"},
)


@st.composite
def lots(draw: st.DrawFn, name: str, prices: dict[str, str]) -> list[Lot]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        held = draw(st.sampled_from(NAMES))
        shares = draw(st.sampled_from(["3", "40", "117", "260", "355.5"]))
        if held in ("AAA", "CCC", "DDD"):
            shares = str(int(Decimal(shares)))
        paid = draw(st.sampled_from(["0.45", "0.92", "1.0", "1.13", "1.7"]))
        basis = round(Decimal(shares) * Decimal(prices[held]) * Decimal(paid))
        day = draw(st.sampled_from(DAYS))
        found.append(lot(f"{name}-{number}", held, shares, basis, day))
    return found


@st.composite
def accounts(draw: st.DrawFn, name: str, prices: dict[str, str]) -> Account:
    cash = draw(st.sampled_from(["0", "812.34", "9000", "31005.01"]))
    more = {
        "fractional": draw(st.booleans()),
        "unsettled_cash": Decimal(draw(st.sampled_from(["0", "0", "1500"]))),
    }
    held = draw(lots(name, prices))
    return account(name, cash if held else "5000", *held, **KINDS_OF_ACCOUNT[name], **more)


@st.composite
def homes(draw: st.DrawFn, most: int = 4) -> Household:
    """One to four accounts, of which one may trade at least; joint and separate ones."""
    prices = {name: draw(st.sampled_from(PRICES)) for name in NAMES}
    names = draw(
        st.lists(st.sampled_from(list(KINDS_OF_ACCOUNT)), min_size=1, max_size=most, unique=True)
    )
    here = [draw(accounts(name, prices)) for name in names]
    if all(each.held_away for each in here):
        here.append(draw(accounts("TX", prices)))
    paying = here[0].id
    due = draw(st.sampled_from([0, 0, -900, -15_000]))
    home = household(
        *here,
        market=[(each, prices[each.id]) for each in SECURITIES],
        models={"CORE": draw(st.sampled_from(WEIGHTS))},
        entities=[
            taxpayer(
                ytd_short=draw(st.sampled_from([0, 2_107, -4_003])),
                ytd_long=draw(st.sampled_from([0, 1_009, -8_050])),
                carry_long=draw(st.sampled_from([0, 1_700])),
            ),
            taxpayer(T2, "trust", ytd_short=51),
            taxpayer(T3, "separate", ytd_long=-1_007),
        ],
        flows=[(paying, day, due) for day in ("2026-06-15", "2026-06-16", "2026-09-01") if due],
        blocks=draw(st.sampled_from([(), (), ("CCC",)])),
    )
    return replace(home, management=draw(st.sampled_from(["separate", "joint"])))


# --- rules ---------------------------------------------------------------------------------------

BASE = st.sampled_from(["account", "household"])


def percents(low: int, high: int) -> st.SearchStrategy[Fraction]:
    return st.integers(low * 10, high * 10).map(lambda tenths: Fraction(tenths, 10))


def dollars(low: int, high: int) -> st.SearchStrategy[Fraction]:
    return st.integers(low, high).map(Fraction)


def cash_bands() -> st.SearchStrategy[Rule]:
    return st.one_of(
        st.builds(rules.cash_band, percents(0, 12), st.none()),
        st.builds(rules.cash_band, st.none(), percents(2, 30)),
        st.builds(
            lambda low, more: rules.cash_band(low, low + more), percents(0, 9), percents(1, 9)
        ),
    )


def restrictions() -> st.SearchStrategy[Rule]:
    things = st.sampled_from(
        [
            ('"AAA"', lambda home, name: name == "AAA"),
            ('"BBB", "FND"', lambda home, name: name in ("BBB", "FND")),
            (
                'anything where sector is "Health"',
                lambda home, name: home.securities[name].sector == "Health",
            ),
            (
                "anything where revenue.oil at least 20%",
                lambda home, name: (
                    home.securities[name].attributes.get("revenue.oil", 0) >= Decimal("0.2")
                ),
            ),
        ]
    )
    return st.builds(
        lambda action, what: sales.never(action, *what),
        st.sampled_from(["buy", "sell", "hold", "trade"]),
        things,
    )


LIMITS = st.one_of(
    st.builds(rules.issuers, percents(8, 60), BASE),
    st.builds(rules.sectors_held, percents(20, 80), BASE),
    st.builds(
        rules.named_group,
        st.sampled_from([("CCC",), ("AAA", "FND"), ("XXX",)]),
        percents(5, 50),
        BASE,
    ),
    st.builds(rules.technology, percents(20, 80), BASE),
    st.builds(rules.near_the_model, percents(4, 30)),
    cash_bands(),
    st.builds(rules.household_cash, percents(1, 20)),
    st.builds(rules.settled_cash, dollars(0, 3_000)),
    st.builds(rules.average_price, dollars(20, 120)),
)
SIZES = st.one_of(
    st.builds(rules.smallest_order, dollars(100, 2_500)),
    st.builds(rules.largest_order, dollars(900, 9_000)),
    st.builds(rules.smallest_holding, dollars(200, 3_000)),
    st.builds(rules.so_many_holdings, st.integers(0, 2), st.integers(3, 5)),
    st.builds(rules.so_many_trades, st.integers(0, 5)),
)
TAXES = st.one_of(
    st.builds(
        sales.gains,
        dollars(0, 5_000),
        st.sampled_from(["taxpayer", "household"]),
        st.sampled_from(["", "short ", "long "]),
    ),
    st.builds(sales.tax, dollars(0, 2_000)),
    st.builds(sales.turnover, percents(2, 40)),
    st.just(sales.no_wash_sales()),
    st.builds(sales.harvest_only_above, percents(2, 90)),
)
BARS = st.one_of(
    restrictions(),
    st.builds(sales.bought_before, st.sampled_from([date(2020, 1, 1), date(2026, 1, 1)])),
    st.builds(sales.with_gain_above, dollars(0, 4_000)),
)
GUARDS = st.sampled_from(
    [
        ("when account.taxable", lambda each: each.taxable),
        ('when account.type is not "roth_ira"', lambda each: each.type != "roth_ira"),
        ('except when account.owner is "spouse"', lambda each: each.owner != "spouse"),
    ]
)


@st.composite
def guarded(draw: st.DrawFn) -> Rule:
    """Rules of which some are for some accounts, or over: those ended yesterday ask nothing."""
    rule = draw(draw(st.sampled_from([LIMITS, LIMITS, SIZES, TAXES, TAXES, BARS])))
    how = draw(st.sampled_from(["", "", "", "guard", "guard", "over", "still"]))
    if how == "guard" and rule.own:
        return rules.only_for(rule, *draw(GUARDS))
    if how == "over":
        return rules.over(rule, "until 2026-06-14")
    return replace(rule, text=f"{rule.text}\nuntil 2026-06-15") if how == "still" else rule


RULES = st.lists(
    guarded(),
    min_size=1,
    max_size=5,
    unique_by=lambda rule: rule.slot,
)
