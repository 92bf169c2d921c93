"""The tax of the model at any trades is the netting of the law at those trades."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.model import CompiledModel, compile_household
from portfolio.household import Household, TaxEntity
from portfolio.tax import netting
from solver.handover import Program, hand_over
from solver.ledger import read_linear
from tests.by_hand import (
    account,
    cheapest,
    closing,
    column_values,
    household,
    lot,
    policy,
    taxpayer,
)

LOTS = ("gs", "ls", "gl", "ll")  # gain or loss, short or long
CENTS = 0.05  # four rows, each rounded to cents, at rates below one


def four_lots(entity: TaxEntity) -> Household:
    """400 shares in each of four lots at $100: $20,000 of gain or loss each."""
    return household(
        account(
            "TX",
            10_000,
            lot("gs", "AAA", 400, 20_000, "2026-01-05"),
            lot("ls", "AAA", 400, 60_000, "2026-01-05"),
            lot("gl", "AAA", 400, 20_000),
            lot("ll", "AAA", 400, 60_000),
        ),
        entities=[entity],
    )


def extremes(compiled: CompiledModel, program: Program, text: str) -> tuple[float, float, set[str]]:
    """Least and most tax in dollars of any point with these trades, and the regions they are in."""
    physics = compiled.physics
    lower, upper = program.lower.copy(), program.upper.copy()
    for column, value in column_values(compiled, program, text).items():
        lower[column] = upper[column] = value
    tax = read_linear(program, physics.taxes["T1"].tax)
    found, regions = [], set()
    for sign in (1.0, -1.0):
        x = cheapest(program, sign * tax.gradient, lower, upper)
        assert x is not None
        found.append(tax.value(x) * physics.unit)
        taken = [r for r in physics.taxes["T1"].regions if x[r.chosen] > 0.5]
        regions.add(taken[0].name)
    return found[0], found[1], regions


def check(entity: TaxEntity, text: str) -> set[str]:
    home = four_lots(entity)
    rules = policy(home)
    compiled = compile_household(home, rules)
    exact = float(closing(home, rules, text).tax("T1", after=True).cost)
    least, most, regions = extremes(compiled, hand_over(compiled), text)
    assert least == pytest.approx(exact, abs=CENTS)
    assert most == pytest.approx(exact, abs=CENTS)
    before = compiled.physics.taxes["T1"].before * compiled.physics.unit
    start = netting(entity, entity.ytd_short, entity.ytd_long)
    assert before == pytest.approx(float(start.cost), abs=1e-6)
    return regions


@pytest.mark.parametrize(
    ("trades", "region", "cost"),
    [
        ("-100 gs, -100 gl", "gains", 5_000 * 0.4 + 5_000 * 0.2),
        ("-100 ls, -200 gl", "short_loss", 5_000 * 0.2),
        ("-200 gs, -100 ll", "long_loss", 5_000 * 0.4),
        ("-40 ls", "net_loss", -2_000 * 0.35),
        ("-100 ls, -100 ll", "carried_loss", -3_000 * 0.35 - 7_000 * 0.1),
    ],
)
def test_the_five_regions(trades: str, region: str, cost: float) -> None:
    assert check(taxpayer(), trades) == {region}
    home = four_lots(taxpayer())
    exact = closing(home, policy(home), trades).tax("T1", after=True).cost
    assert float(exact) == pytest.approx(cost)


def test_half_the_offset_where_married_filing_separately() -> None:
    assert check(taxpayer(filing="separate"), "-40 ls") == {"carried_loss"}


RATE = st.decimals(0, 1, places=3)
DOLLARS = st.integers(-30_000, 30_000)
SHARES = st.integers(0, 400)


@settings(max_examples=60, deadline=None)
@given(
    rates=st.tuples(RATE, RATE, RATE, RATE),
    ytd=st.tuples(DOLLARS, DOLLARS),
    carry=st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)),
    sold=st.tuples(SHARES, SHARES, SHARES, SHARES),
    filing=st.sampled_from(["single", "joint", "separate", "head", "trust"]),
)
def test_any_rates_carries_and_year_to_date(
    rates: tuple[Decimal, ...],
    ytd: tuple[int, int],
    carry: tuple[int, int],
    sold: tuple[int, ...],
    filing: str,
) -> None:
    names = ("rate_short", "rate_long", "rate_ordinary", "rate_carry")
    entity = taxpayer(
        filing=filing,
        ytd_short=ytd[0],
        ytd_long=ytd[1],
        carry_short=carry[0],
        carry_long=carry[1],
        **{name: str(rate) for name, rate in zip(names, rates, strict=True)},
    )
    check(entity, ", ".join(f"-{n} {name}" for n, name in zip(sold, LOTS, strict=True) if n))
