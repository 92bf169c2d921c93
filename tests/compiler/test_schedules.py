"""What schedules ask of cash, day by day; the model and the exact check agree on it.

The run is on Monday 2026-06-15 and its trades settle on Tuesday the 16th; Tuesday's on the 17th.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from compiler.directives.earmark import Earmark
from compiler.directives.payment import Payment
from compiler.layers import household_policy
from compiler.schedules import with_schedules
from compiler.timetable import Timetable
from grammar.tree import Unit
from portfolio.flows import due_before_settlement, set_aside
from portfolio.household import Flow, Household
from tests import by_hand
from tests.by_hand import (
    account,
    breaches,
    checked_layers,
    household,
    lot,
    policy,
    usual,
)

TX = 'when account.type is "taxable"'
TAKEN = 'account "TX"'
both = partial(by_hand.both, layer=TAKEN)


def on(home: Household, day: str) -> Household:
    return replace(home, as_of=date.fromisoformat(day))


def due(home: Household, rule: str, layer: str = 'household "H1"') -> dict[str, Decimal]:
    return due_before_settlement(with_schedules(home, policy(home, rule, layer=layer)))


@pytest.mark.parametrize(
    ("times", "today", "taken"),
    [
        ("by 2026-06-15", "2026-06-15", 1),
        ("by 2026-06-16", "2026-06-15", 1),
        ("by 2026-06-17", "2026-06-15", 0),  # Tuesday's sales settle in time
        ("by 2026-06-14", "2026-06-15", 0),  # past
        # a Sunday after a holiday, Friday the 19th: Thursday's sales settle on Monday
        ("by 2026-06-21", "2026-06-16", 0),
        ("by 2026-06-21", "2026-06-17", 1),
        ("each month on day 16", "2026-06-15", 1),
        ("each month on day 17", "2026-06-15", 0),
        ("each month on day 31", "2026-06-29", 1),  # June has 30 days
        ("each month", "2026-06-29", 0),
        ("each month", "2026-06-30", 1),
        ("each quarter", "2026-06-30", 1),
        ("each quarter", "2026-07-31", 0),
        ("each year on June 16", "2026-06-15", 1),
        ("by June 16", "2026-06-15", 1),
        ("by December 15", "2026-06-15", 0),
    ],
)
def test_when_a_payment_is_due(times: str, today: str, taken: int) -> None:
    found = due(on(usual(), today), f"pay $6,000 {times}", TAKEN)
    assert found == ({"TX": Decimal(-6_000)} if taken else {})


def test_equal_parts_add_up_to_the_cent() -> None:
    home = usual()
    rules = policy(home, "pay $1,000 evenly over 3 months\nfrom 2026-06-15", layer=TAKEN)
    flows = with_schedules(home, rules).flows
    assert [flow.amount for flow in flows] == [
        Decimal(n) for n in ("-333.33", "-333.33", "-333.34")
    ]
    assert [flow.day.day for flow in flows] == [15, 15, 15]


def test_no_payment_after_the_last_day() -> None:
    home = usual()
    rule = "pay $1,000 each month on day 16\nuntil 2026-08-16"
    flows = with_schedules(home, policy(home, rule, layer=TAKEN)).flows
    assert [flow.day.month for flow in flows] == [6, 7, 8]


@pytest.mark.parametrize(
    ("rule", "today", "taken"),
    [
        ("pay $6,000 each month\nfrom 2026-07-01", "2026-06-29", 0),
        ("pay $6,000 each month\nfrom 2026-07-01", "2026-06-30", 1),
        ("pay $6,000 evenly over 1 month\nfrom 2026-07-01", "2026-06-30", 1),
        ("pay $6,000 each month\nfrom 2026-07-02", "2026-06-30", 0),
        ("pay $6,000 each month on day 1\nfrom 2026-06-30", "2026-06-29", 0),
        # Friday is a holiday: what is sold on Thursday settles on Monday
        ("pay $6,000 by 2026-07-03\nfrom 2026-07-03", "2026-06-30", 0),
        ("pay $6,000 by 2026-07-03\nfrom 2026-07-03", "2026-07-01", 1),
    ],
)
def test_a_payment_on_the_first_day_is_raised_before_it(rule: str, today: str, taken: int) -> None:
    found = due(on(usual(), today), rule, TAKEN)
    assert found == ({"TX": Decimal(-6_000)} if taken else {})


def test_a_reserve_for_the_first_day_is_raised_before_it() -> None:
    rule = "reserve $15,000 by 2026-06-16\nfrom 2026-06-16"
    assert both(usual(), rule, "+250 CCC TX") == YES
    assert both(usual(), rule, "+251 CCC TX") == NO
    assert (
        both(usual(), "invest $15,000 evenly over 2 months\nfrom 2026-06-16", "+999 CCC TX") == YES
    )


def test_switched_off_tomorrow_is_still_paid_today() -> None:
    default = "default r1\n    pay $6,000 each month on day 15 per account\n"
    default += "    allow account to set off\n"
    off = 'set r1 to off\n    from 2026-06-16\n    because "Enough"\n'
    checked = checked_layers({'household "H1"': default, TAKEN: off})
    assert not checked.diagnostics
    scheduled = with_schedules(usual(), household_policy(checked, usual()))
    assert due_before_settlement(scheduled)["TX"] == -6_000


def test_a_household_pays_once_and_from_a_taxable_account() -> None:
    home = usual()
    assert due(home, "pay $6,000 by 2026-06-16") == {"TX": Decimal(-6_000)}
    ira = 'pay $6,000 by 2026-06-16\nwhen account.type is "roth_ira"'
    assert due(home, ira) == {"IRA": Decimal(-6_000)}
    each = "pay $6,000 by 2026-06-16 per account"
    assert due(home, each) == {"TX": Decimal(-6_000), "IRA": Decimal(-6_000)}
    taxable, retirement = home.accounts
    stopped = replace(home, accounts=(replace(taxable, frozen=("prices missing",)), retirement))
    assert due(stopped, "pay $6,000 by 2026-06-16") == {"IRA": Decimal(-6_000)}


def test_scheduling_twice_is_as_good_as_once() -> None:
    home = usual()
    rules = policy(home, "pay $6,000 each month", "reserve $1,000 by 2026-06-16", layer=TAKEN)
    once = with_schedules(home, rules)
    assert with_schedules(once, rules) == once
    assert len(once.flows) == 12


def test_two_payments_add_up() -> None:
    home = usual()
    rules = policy(home, "pay $6,000 by 2026-06-16", "pay $5,000 by 2026-06-15", layer=TAKEN)
    assert due_before_settlement(with_schedules(home, rules)) == {"TX": Decimal(-11_000)}


PAY = "pay $15,000 by 2026-06-16"
BIG = "pay $25,000 by 2026-06-16"
KEPT = "reserve $15,000 by 2026-06-16"
YES, NO = (True, True), (False, False)


@pytest.mark.parametrize(
    ("rule", "trades", "allowed"),
    [
        (PAY, "", YES),
        (PAY, "+250 CCC TX", YES),  # 20,000 - 15,000 leaves 5,000
        (PAY, "+251 CCC TX", NO),
        (PAY, "-1 a1, +255 CCC TX", YES),
        (PAY, "+499 CCC IRA", YES),
        (BIG, "+1 CCC TX", NO),  # 5,000 short: no shorter than that
        (BIG, "-1 a1", YES),
        (BIG, "-1 a1, +5 CCC TX", YES),
        (BIG, "-1 a1, +6 CCC TX", NO),
        (KEPT, "+250 CCC TX", YES),
        (KEPT, "+251 CCC TX", NO),
        ("reserve $25,000 by 2026-06-16", "+1 CCC TX", NO),
        ("reserve $25,000 by 2026-06-16", "-1 a1", YES),
        ("reserve $15,000 by 2026-06-17", "+999 CCC TX", YES),
        ("reserve $15,000 by 2025-06-15", "+251 CCC TX", NO),  # for a year
        ("reserve $15,000 by 2025-06-14", "+999 CCC TX", YES),
        ("reserve $15,000 by 2024-06-14\nuntil 2026-06-15", "+251 CCC TX", NO),
        # month 3 of 12: 3,750 are set aside
        ("reserve $15,000 evenly over 12 months\nfrom 2026-04-15", "+812 CCC TX", YES),
        ("reserve $15,000 evenly over 12 months\nfrom 2026-04-15", "+813 CCC TX", NO),
        # month 3 of 12: 9,000 of 12,000 wait, 11,000 of the 20,000 may be spent
        ("invest $12,000 evenly over 12 months\nfrom 2026-04-15", "+550 CCC TX", YES),
        ("invest $12,000 evenly over 12 months\nfrom 2026-04-15", "+551 CCC TX", NO),
        ("invest $12,000 evenly over 12 months\nfrom 2025-06-15", "+999 CCC TX", YES),
        # more than there is: nothing may be bought, and nothing has to be sold
        ("invest $90,000 evenly over 3 months\nfrom 2026-06-15", "+1 CCC TX", NO),
        ("invest $90,000 evenly over 3 months\nfrom 2026-06-15", "-1 a1, +5 CCC TX", YES),
        ("invest $90,000 evenly over 3 months\nfrom 2026-06-15", "-1 a1, +6 CCC TX", NO),
    ],
)
def test_what_schedules_allow(rule: str, trades: str, allowed: tuple[bool, bool]) -> None:
    assert both(usual(), rule, trades) == allowed


def test_cash_set_aside_is_apart_from_limits_on_cash() -> None:
    """15,000 of 20,000 are set aside: 5,000, 5% of the account, are free."""
    least, most = "keep cash at least 4% of account", "keep cash at most 6% of account"
    assert both(usual(), KEPT, "+49 CCC TX", least) == YES
    assert both(usual(), KEPT, "+51 CCC TX", least) == NO
    assert both(usual(), KEPT, "-9 a1", most) == YES
    assert both(usual(), KEPT, "-11 a1", most) == NO
    waiting = "invest $12,000 evenly over 2 months\nfrom 2026-06-15"  # 6,000 wait, 14,000 are free
    assert both(usual(), waiting, "+499 CCC TX", least) == YES
    assert both(usual(), waiting, "+501 CCC TX", least) == NO


def test_payments_and_reserves_together() -> None:
    """15,000 leave and 4,000 stay: 1,000 of 20,000 may be spent."""
    assert both(usual(), PAY, "+49 CCC TX", "reserve $4,000 by 2026-06-16") == YES
    assert both(usual(), PAY, "+51 CCC TX", "reserve $4,000 by 2026-06-16") == NO
    two = "reserve $4,000 by 2026-06-16", "reserve $15,000 by 2026-06-15"
    assert both(usual(), two[0], "+49 CCC TX", two[1]) == YES
    assert both(usual(), two[0], "+51 CCC TX", two[1]) == NO


def test_what_waits_to_be_invested_counts_after_what_is_reserved() -> None:
    home = usual()
    waiting = "invest $90,000 evenly over 9 months\nfrom 2026-06-15"
    rules = policy(home, KEPT, waiting, layer=TAKEN)
    scheduled = with_schedules(home, rules)
    assert set_aside(scheduled) == {"TX": Decimal(20_000)}
    assert set_aside(scheduled, raised_only=True) == {"TX": Decimal(15_000)}
    assert both(home, KEPT, "+1 CCC TX", waiting) == NO


def test_each_statement_says_what_it_comes_to_today() -> None:
    home = usual()

    def said(rule: str) -> str:
        (scope,) = (
            s
            for s in policy(home, rule, layer=TAKEN).statements
            if isinstance(s.directive, Payment | Earmark)
        )
        return scope.directive.describe_today(scope.statement, home)

    assert said("pay $6,000 each month") == "next on 2026-07-01"
    assert said("pay $6,000 by 2026-06-14") == "none due within a year"
    assert said("reserve $85,000 by 2026-12-27") == "raised from 2026-12-23 on"
    assert said(KEPT) == ""
    assert said("invest $12,000 evenly over 12 months\nfrom 2026-04-15") == "3 of 12 parts"


def test_steps_that_have_begun() -> None:
    times = Timetable(parts=4, step=Unit.QUARTERS)
    first = date(2026, 1, 31)
    days = [(date(2026, 4, 29), 1), (date(2026, 4, 30), 2), (date(2027, 9, 1), 4)]
    assert [times.begun(first, day) for day, _ in days] == [begun for _, begun in days]


def test_frozen_accounts_are_not_asked_for_what_they_cannot_raise() -> None:
    home = household(account("TX", 1_000, lot("a1", "AAA", 10, 500), frozen=("no price",)))
    rules = policy(home, PAY, layer=TAKEN)
    assert not breaches(home, rules, "")


# --- except to raise cash -------------------------------------------------------------------------

ASKED = "except to raise cash"
YOUNG = f"never sell anything where lot.gain above $0 and lot.age below 1 year\n{ASKED}"
KEEP_AAA = f'never sell "AAA"\n{ASKED}'


def test_what_is_missing_of_cash() -> None:
    """20,000 there, 15,000 to pay, 4,000 set aside and 3,000 to keep: 2,000 are missing."""
    home = usual()
    rules = (
        "reserve $4,000 by 2026-06-16",
        "keep cash at least $3,000",
    )
    scheduled = with_schedules(home, policy(home, PAY, *rules, layer=TAKEN))
    assert scheduled.to_raise == {"TX": Decimal(2_000)}
    enough = with_schedules(home, policy(home, PAY, rules[0], layer=TAKEN))
    assert enough.to_raise == {}
    together = with_schedules(home, policy(home, "keep cash at least $32,000 per household"))
    assert together.to_raise == {"TX": Decimal(2_000)}


@pytest.mark.parametrize(
    ("rule", "trades", "allowed"),
    [
        # 5,000 are missing: 5,005 and the dearest share, 100, may be sold of what is barred
        (KEEP_AAA, "-51 a1", YES),
        (KEEP_AAA, "-52 a1", NO),
        (KEEP_AAA, "-52 ia1", YES),
        (f"never trade anything\n{ASKED}", "-40 a1, -10 b2, -30 c1", YES),
        (f"never trade anything\n{ASKED}", "-40 a1, -10 b2, -31 c1", NO),
        (f"never trade anything\n{ASKED}", "-40 a1, +1 DDD TX", NO),
        (f'only sell "BBB"\n{ASKED}', "-51 a1, -100 b1", YES),
        (f'only sell "BBB"\n{ASKED}', "-52 a1, -100 b1", NO),
        # short-term gains: lot b2 is of this year
        (YOUNG, "-102 b2", YES),
        (YOUNG, "-103 b2", NO),
        # b1 is at a loss: $75 a share and worth $50
        (f"never harvest anything\n{ASKED}", "-102 b1", YES),
        (f"never harvest anything\n{ASKED}", "-103 b1", NO),
        (f"never harvest anything\n{ASKED}", "-102 b1, -40 a1", YES),
        (f'only harvest "AAA"\n{ASKED}', "-103 b1", NO),
        (f"keep turnover at most $1,000 each year\n{ASKED}", "-61 a1", YES),
        (f"keep turnover at most $1,000 each year\n{ASKED}", "-62 a1", NO),
    ],
)  # fmt: skip
def test_what_raising_cash_may_take(rule: str, trades: str, allowed: tuple[bool, bool]) -> None:
    assert both(usual(), rule, trades, BIG) == allowed


@pytest.mark.parametrize(
    ("rule", "trades"),
    [
        (KEEP_AAA, "-1 a1"),
        (f"never trade anything\n{ASKED}", "-1 a1"),
        (f"never harvest anything\n{ASKED}", "-1 b1"),
    ],
)
def test_without_a_need_nothing_is_excepted(rule: str, trades: str) -> None:
    assert both(usual(), rule, trades) == NO
    assert both(usual(), rule, trades, PAY) == NO


def test_a_reserve_still_asks_for_cash_where_money_waits_to_be_invested() -> None:
    home = usual()
    waiting = "invest $90,000 evenly over 9 months\nfrom 2026-06-15"
    scheduled = with_schedules(
        home, policy(home, "reserve $21,000 by 2026-06-16", waiting, layer=TAKEN)
    )
    assert scheduled.to_raise == {"TX": Decimal(1_000)}


@pytest.mark.parametrize(
    ("trades", "allowed"),
    [
        ("", YES),
        ("+1 CCC TX", NO),  # 5,000 short of what the book says: no shorter than that
        ("-1 a1", YES),
        ("-1 a1, +5 CCC TX", YES),
        ("-1 a1, +6 CCC TX", NO),
    ],
)
def test_what_the_book_asks_is_missed_no_further(trades: str, allowed: tuple[bool, bool]) -> None:
    home = usual()
    home = replace(home, flows=(Flow("TX", date(2026, 6, 16), Decimal(-25_000), "withdrawal"),))
    assert both(home, "keep turnover at most 100% of account each year", trades) == allowed


# --- what holds later -----------------------------------------------------------------------------

DEFAULT = "default r1\n    pay $6,000 each month on day 16 per account\n"
CHOICE = "    allow account to set off\n"


def chosen(choice: str, today: str = "2026-06-15") -> Household:
    """The household with the flows of a default and of a choice of account TX."""
    checked = checked_layers({'household "H1"': DEFAULT + CHOICE, TAKEN: choice})
    assert not checked.diagnostics, [each.message for each in checked.diagnostics]
    home = on(usual(), today)
    return with_schedules(home, household_policy(checked, home))


def paid(home: Household, account_id: str = "TX") -> list[tuple[str, int]]:
    return [(f"{f.day:%m-%d}", int(-f.amount)) for f in home.flows if f.account_id == account_id]


def test_what_is_switched_off_from_a_day_is_paid_until_then() -> None:
    off = 'set r1 to off\n    from 2026-08-16\n    because "Enough"\n'
    assert paid(chosen(off)) == [("06-16", 6_000), ("07-16", 6_000)]
    assert len(paid(chosen(off), "IRA")) == 12
    tomorrow = off.replace("08-16", "06-16")
    assert due_before_settlement(chosen(tomorrow)) == {"IRA": -6_000}
    assert paid(chosen(off.replace("08-16", "06-17")))[:2] == [("06-16", 6_000)]


def test_what_is_switched_off_for_a_time_is_paid_again_after_it() -> None:
    off = 'set r1 to off\n    from 2026-07-01\n    until 2026-08-31\n    because "Abroad"\n'
    months = [day[:2] for day, _ in paid(chosen(off))]
    assert months == ["06", "09", "10", "11", "12", "01", "02", "03", "04", "05"]


def test_another_amount_from_a_day_is_raised_before_it() -> None:
    rules = (
        "pay $6,000 each month on day 16\nuntil 2026-07-15",
        "pay $8,000 each month on day 16\nfrom 2026-07-16",
    )
    home = usual()
    flows = paid(with_schedules(home, policy(home, *rules, layer=TAKEN)))
    assert flows[:3] == [("06-16", 6_000), ("07-16", 8_000), ("08-16", 8_000)]
    home = on(home, "2026-07-15")
    scheduled = with_schedules(home, policy(home, *rules, layer=TAKEN))
    assert due_before_settlement(scheduled) == {"TX": -8_000}


def test_a_reserve_that_is_switched_off_by_its_day_is_not_raised() -> None:
    default = (
        "default r1\n    reserve $15,000 by 2026-06-16 per account\n    allow account to set off\n"
    )
    off = 'set r1 to off\n    from 2026-06-16\n    because "Enough"\n'
    checked = checked_layers({'household "H1"': default, TAKEN: off})
    scheduled = with_schedules(usual(), household_policy(checked, usual()))
    assert set_aside(scheduled) == {"IRA": 15_000}


def test_a_guard_that_holds_from_a_day_is_looked_ahead_to() -> None:
    guarded = "pay $6,000 each month on day 1\nwhen today on or after July 1"
    assert due(on(usual(), "2026-06-30"), guarded, TAKEN) == {"TX": Decimal(-6_000)}
    assert due(on(usual(), "2026-06-29"), guarded, TAKEN) == {}
    home = usual()
    flows = with_schedules(home, policy(home, guarded, layer=TAKEN)).flows
    assert [flow.day.month for flow in flows] == [7, 8, 9, 10, 11, 12]


# --- who pays for a household ---------------------------------------------------------------------


EIGHTY, SIXTY = "pay $80,000 by 2026-06-16", "pay $60,000 by 2026-06-16"


def three() -> Household:
    """TX $100,000, of which 20,000 in cash; T2 taxable, 8,000 in cash and 12,000 of CCC; IRA."""
    usual_tx, ira = usual().accounts
    second = account("T2", 8_000, lot("c2", "CCC", 600, 9_000))
    return household(usual_tx, ira, second)


def shares(home: Household, *rules: str) -> list[tuple[str, str, int]]:
    scheduled = with_schedules(home, policy(home, *rules))
    return [(f"{f.day:%m-%d}", f.account_id, int(-f.amount)) for f in scheduled.flows if f.source]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (["pay $30,000 by 2026-06-16"], [("TX", 30_000)]),
        (["pay $110,000 by 2026-06-16"], [("T2", 10_000), ("TX", 100_000)]),
        # FND and CCC may be sold beside the cash: 50,000 of TX, 20,000 of T2, the IRA the rest
        (
            [EIGHTY, 'never sell "AAA", "BBB"\nwhen account.taxable'],
            [("IRA", 10_000), ("T2", 20_000), ("TX", 50_000)],
        ),
        (
            [EIGHTY, 'never sell "AAA", "BBB"\nwhen account.taxable\nexcept to raise cash'],
            [("TX", 80_000)],
        ),
        # 2,000 of TX's cash have to stay
        (
            [SIXTY, "never sell anything", "keep cash at least $2,000 per account"],
            [("IRA", 8_000), ("T2", 6_000), ("TX", 46_000)],
        ),
    ],
)  # fmt: skip
def test_the_next_accounts_pay_what_the_first_cannot(
    rules: list[str], found: list[tuple[str, int]]
) -> None:
    """What nobody can pay (28,000 of the last) is asked of the first."""
    assert [each[1:] for each in shares(three(), *rules)] == found


def test_what_the_book_takes_and_brings_first_is_counted() -> None:
    def flows(amount: int, day: str) -> Household:
        flow = Flow("TX", date.fromisoformat(day), Decimal(amount), "withdrawal")
        return replace(three(), flows=(flow,))

    rules = "pay $25,000 by 2026-07-01", "never sell anything"
    assert shares(flows(-5_000, "2026-06-20"), *rules) == [
        ("07-01", "IRA", 2_000),
        ("07-01", "T2", 8_000),
        ("07-01", "TX", 15_000),
    ]
    assert shares(flows(5_000, "2026-07-02"), *rules)[-1] == ("07-01", "TX", 20_000)
    assert shares(flows(5_000, "2026-07-01"), *rules) == [("07-01", "TX", 25_000)]


def test_month_by_month_the_next_account_takes_over() -> None:
    found = shares(three(), "pay $12,000 each month", "never sell anything", "never buy anything")
    assert found[:6] == [
        ("07-01", "TX", 12_000),
        ("08-01", "T2", 4_000),
        ("08-01", "TX", 8_000),
        ("09-01", "IRA", 8_000),
        ("09-01", "T2", 4_000),
        ("10-01", "IRA", 2_000),
    ]


def test_a_reserve_of_the_household_is_spread_too() -> None:
    home = three()
    rules = policy(home, "reserve $25,000 by 2026-06-16", "never sell anything")
    assert set_aside(with_schedules(home, rules)) == {"TX": Decimal(20_000), "T2": Decimal(5_000)}
    waiting = policy(home, "invest $50,000 evenly over 2 months\nfrom 2026-06-15")
    assert set_aside(with_schedules(home, waiting)) == {
        "TX": Decimal(20_000),
        "T2": Decimal(5_000),
    }


# --- invest nothing -------------------------------------------------------------------------------

WAIT = "invest nothing"


@pytest.mark.parametrize(
    ("rules", "trades", "allowed"),
    [
        ([WAIT], "+1 CCC TX", NO),
        ([WAIT], "-1 a1, +5 CCC TX", YES),  # what sales bring may be spent
        ([WAIT], "-1 a1, +6 CCC TX", NO),
        ([WAIT], "+10 CCC IRA", YES),  # the file is that of TX
        ([f"{WAIT}\nuntil 2026-06-14"], "+999 CCC TX", YES),  # released
        ([f"{WAIT}\nfrom 2026-06-16"], "+999 CCC TX", YES),
        # 15,000 of the 20,000 leave, the other 5,000 wait
        ([WAIT, PAY], "+1 CCC TX", NO),
        ([WAIT, PAY], "-1 a1, +5 CCC TX", YES),
        # 20,000 are above 3% of account, and are not counted
        ([WAIT, "keep cash at most 3% of account"], "", YES),
        ([WAIT, "keep cash at most 3% of account"], "-30 a1", YES),
        ([WAIT, "keep cash at most 3% of account"], "-31 a1", NO),
        # 2,000 have to be free, 18,000 wait
        ([WAIT, "keep cash between 2% and 3% of account"], "+1 CCC TX", NO),
        ([WAIT, "keep cash between 2% and 3% of account"], "-10 a1", YES),
        ([WAIT, "keep cash between 2% and 3% of account"], "-11 a1", NO),
    ],
)
def test_cash_builds_up_until_it_is_released(
    rules: list[str], trades: str, allowed: tuple[bool, bool]
) -> None:
    assert both(usual(), rules[0], trades, *rules[1:]) == allowed


def test_what_waits_for_a_set_is_released_by_it() -> None:
    waits = "default r1\n    invest nothing\n    allow account to set off\n"
    off = 'set r1 to off\n    from 2026-06-15\n    because "The house is bought"\n'
    for more, aside in ((None, {"TX": 20_000, "IRA": 10_000}), (off, {"IRA": 10_000})):
        layers = {'household "H1"': waits} | ({TAKEN: more} if more else {})
        checked = checked_layers(layers)
        assert not checked.diagnostics
        scheduled = with_schedules(usual(), household_policy(checked, usual()))
        assert set_aside(scheduled) == aside
