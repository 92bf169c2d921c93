"""What may be harvested: by dollars, percent, date and age, and more or less with the year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portfolio.household import Household
from tests.by_hand import account, both, checked_layers, household, lot, policy
from tests.policydsl.test_propose import proposed

YES, NO = (True, True), (False, False)
LOSSES = {"AAA": 300, "BBB": 900, "CCC": 1_500}
"""Dollars; BBB is five months old in June 2026, the others years."""


def home(today: str = "2026-06-15") -> Household:
    """$10,000 of each; every loss is worth its tax."""
    lots = (
        lot("AAAlot", "AAA", 100, 10_300),
        lot("BBBlot", "BBB", 200, 10_900, "2026-01-15"),
        lot("CCClot", "CCC", 500, 11_500),
    )
    made = household(
        account("TX", 10_000, *lots), models={"CORE": {"AAA": "0.2", "BBB": "0.2", "CCC": "0.2"}}
    )
    return replace(made, as_of=date.fromisoformat(today))


@pytest.mark.parametrize(
    ("rule", "today", "taken"),
    [
        ("only harvest anything where lot.loss above $500", "2026-06-15", "BBB CCC"),
        ("only harvest anything where lot.loss above the larger of $500 and 10% of basis",
         "2026-06-15", "CCC"),
        ("only harvest anything where lot.loss above $500 and lot.loss above 10% of basis",
         "2026-06-15", "CCC"),
        ("only harvest anything where lot.loss above $500\n"
         "except anything where lot.loss above $200 and today on or after December 1",
         "2026-11-30", "BBB CCC"),
        ("only harvest anything where lot.loss above $500\n"
         "except anything where lot.loss above $200 and today on or after December 1",
         "2026-12-01", "AAA BBB CCC"),
        ("only harvest anything where lot.age at least 6 months", "2026-06-15", "AAA CCC"),
        ("only harvest anything where lot.age at least 6 months", "2026-07-15", "AAA BBB CCC"),
        ("only harvest anything where not lot.long_term", "2026-06-15", "BBB"),
        ("never harvest anything where lot.days_to_long_term between 1 and 30 days",
         "2026-12-10", "AAA BBB CCC"),
        ("never harvest anything where lot.days_to_long_term between 1 and 30 days",
         "2026-12-30", "AAA CCC"),
        # 166 of 365 days: $727, $455
        ("only harvest anything where lot.loss above $1,600 prorated", "2026-06-15", "BBB CCC"),
        ("only harvest anything where lot.loss above $1,600 prorated", "2026-01-15",
         "AAA BBB CCC"),
        ("only harvest anything where lot.loss above $1,600 prorated", "2026-12-31", ""),
        ("only harvest anything where lot.loss above $500 plus $1,000 prorated", "2026-06-15",
         "CCC"),
        ("only harvest anything where lot.loss above $1,500 minus $1,300 prorated", "2026-06-15",
         "CCC"),
        ("only harvest anything where lot.loss above $1,500 minus $1,300 prorated", "2026-12-20",
         "AAA BBB CCC"),
        ("only harvest anything where lot.loss above 10% of basis prorated", "2026-06-15",
         "BBB CCC"),
        # losses are kept until a day
        ("never harvest anything\nuntil 2026-11-30", "2026-11-30", ""),
        ("never harvest anything\nuntil 2026-11-30", "2026-12-01", "AAA BBB CCC"),
        ("never harvest anything\nexcept when each year on or after December 1",
         "2026-11-30", ""),
        ("never harvest anything\nexcept when each year on or after December 1",
         "2026-12-01", "AAA BBB CCC"),
    ],
)  # fmt: skip
def test_what_is_harvested_when(rule: str, today: str, taken: str) -> None:
    """Through the solver: there is no risk to speak of, and tax asks for each loss."""
    before = home(today)
    _, closing = proposed(before, "use risk aversion 0.01", rule)
    found = sorted({sale.security_id for sale in closing.sales if sale.gain < 0})
    assert " ".join(found) == taken
    for name in LOSSES:
        allowed = YES if name in taken.split() else NO
        assert both(before, rule, f"-10 {name}lot") == allowed


@pytest.mark.parametrize(
    ("line", "code", "help"),
    [
        ("only harvest anything where lot.loss above 5% prorated", "E0302",
         "write `$1,800 prorated` or `5% of basis prorated`"),
        ("only harvest anything where lot.age above 30 days prorated", "E0302",
         "write `$1,800 prorated` or `5% of basis prorated`"),
        ("keep realized gains at most $5,000 prorated each year per taxpayer", "E0305",
         "write `each year prorated` at the end of the limit"),
        ("keep cash at least $5,000 prorated per account", "E0305",
         "write `each year prorated` at the end of the limit"),
    ],
)  # fmt: skip
def test_what_does_not_rise_says_so(line: str, code: str, help: str) -> None:
    first = checked_layers({"ipc": f"rule r\n{line}\n"}).diagnostics[0]
    assert (first.code, first.help) == (code, help)


def test_pledged_lots_are_neither_sold_nor_harvested() -> None:
    before = home()
    (only,) = before.accounts
    lots = tuple(replace(each, pledged=each.id == "CCClot") for each in only.lots)
    before = replace(before, accounts=(replace(only, lots=lots),))
    for rule in (
        "never harvest anything where lot.pledged",
        "never sell anything where lot.pledged",
    ):
        _, closing = proposed(before, "use risk aversion 0.01", rule)
        assert {sale.lot.id for sale in closing.sales if sale.gain < 0} == {"AAAlot", "BBBlot"}
        assert both(before, rule, "-1 CCClot") == NO
    assert policy(before, "never sell anything where lot.pledged").held == {}
