"""Sales and purchases bit by bit: what is due and when, and what model and exact check allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from compiler.directives.instalment import Instalment
from portfolio.household import Household, PastTrade
from tests import by_hand
from tests.by_hand import closing, model_allows, policy, usual

TAKEN = 'account "TX"'
both = partial(by_hand.both, layer=TAKEN)
YES, NO = (True, True), (False, False)


def past(day: str, name: str, shares: int, dollars: int, owner: str = "TX") -> PastTrade:
    """Negative shares and dollars are a sale."""
    held = usual().securities[name]
    return PastTrade(owner, held, date.fromisoformat(day), Decimal(shares), Decimal(dollars))


def home(*trades: PastTrade, today: str = "2026-06-15") -> Household:
    return replace(usual(), past_trades=trades, as_of=date.fromisoformat(today))


def asked(home: Household, rule: str, trades: str = "", layer: str = TAKEN) -> list[str]:
    """What is missing after the trades, as the reasons for it say."""
    rules = policy(home, rule, layer=layer)
    (scope,) = (s for s in rules.statements if isinstance(s.directive, Instalment))
    after = closing(home, rules, trades)
    return [b.message for b in scope.directive.breaches(replace(scope, strict=True), after)]


EACH = 'sell 40 shares of "AAA" each quarter'
EVENLY = 'sell "AAA" evenly over 8 quarters\nfrom 2026-03-02'
BUY = 'buy $5,000 of "CCC", "DDD" each month on day 15'
SOLD = past("2026-04-10", "AAA", -30, -3_000)
EARLIER = past("2026-03-31", "AAA", -30, -3_000)


@pytest.mark.parametrize(
    ("before", "rule", "trades", "allowed"),
    [
        ((), EACH, "-40 a1", YES),
        ((), EACH, "-41 a1", NO),
        ((), EACH, "-7 a1", YES),
        ((), EACH, "+1 AAA TX", NO),
        ((SOLD,), EACH, "-10 a1", YES),
        ((SOLD,), EACH, "-11 a1", NO),
        ((EARLIER,), EACH, "-40 a1", YES),
        ((EARLIER,), EACH, "-41 a1", NO),
        ((SOLD, past("2026-05-04", "AAA", 5, 500)), EACH, "-15 a1", YES),
        ((SOLD, past("2026-05-04", "AAA", 5, 500)), EACH, "-16 a1", NO),
        ((past("2026-04-10", "AAA", -50, -5_000),), EACH, "-1 a1", NO),
        ((past("2026-04-10", "AAA", -50, -5_000),), EACH, "+1 AAA TX", YES),
        # two of eight parts have begun: of 200 shares 50 are due
        ((), EVENLY, "-50 a1", YES),
        ((), EVENLY, "-51 a1", NO),
        # of 230 held on the first day 57.5: 30 are sold, 27 whole shares are due
        ((SOLD,), EVENLY, "-27 a1", YES),
        ((SOLD,), EVENLY, "-28 a1", NO),
        # dollars of the two together
        ((), BUY, "+100 CCC TX, +300 DDD TX", YES),
        ((), BUY, "+100 CCC TX, +301 DDD TX", NO),
        ((), BUY, "-100 c1", YES),
        ((past("2026-06-15", "DDD", 100, 1_000),), BUY, "+100 CCC TX, +200 DDD TX", YES),
        ((past("2026-06-15", "DDD", 100, 1_000),), BUY, "+100 CCC TX, +201 DDD TX", NO),
        ((past("2026-06-12", "DDD", 100, 1_000),), BUY, "+100 CCC TX, +300 DDD TX", YES),
        # until its day at most the amount, after it no end
        ((), 'sell 40 shares of "AAA" by 2026-09-30\nfrom 2026-06-01', "-41 a1", NO),
        ((), 'sell 40 shares of "AAA" by 2026-06-14\nfrom 2026-06-01', "-41 a1", YES),
        ((), 'sell "AAA" by 2026-09-30', "-200 a1", YES),
        ((), 'sell "AAA" by 2026-09-30', "+1 AAA TX", NO),
        ((), 'sell $2,000 of "AAA", "BBB" each month', "-10 a1, -20 b1", YES),
        ((), 'sell $2,000 of "AAA", "BBB" each month', "-10 a1, -21 b1", NO),
    ],
)  # fmt: skip
def test_what_instalments_allow(
    before: tuple[PastTrade, ...], rule: str, trades: str, allowed: tuple[bool, bool]
) -> None:
    assert both(home(*before), rule, trades) == allowed


@pytest.mark.parametrize(
    ("times", "today", "shares"),
    [
        ("each quarter\nfrom 2026-06-10", "2026-06-15", 0),  # the first falls due in July
        ("each quarter\nfrom 2026-06-10", "2026-07-01", 40),
        ("each month on day 16", "2026-06-15", 10),  # what is left of that of May 16
        ("each month on day 16", "2026-06-16", 40),
        ("each month on day 31", "2026-06-30", 40),
        ("each year on June 16", "2026-06-15", 10),
        ("by 2026-06-16\nfrom 2026-05-01", "2026-06-15", 0),
        ("by 2026-06-16\nfrom 2026-05-01", "2026-06-16", 10),
        ("by 2026-06-21\nfrom 2026-06-01", "2026-06-17", 0),
        ("by 2026-06-21\nfrom 2026-06-01", "2026-06-18", 40),  # a Sunday after a holiday
        ("by 2026-06-14\nfrom 2026-06-01", "2026-06-15", 40),  # late, and still to do
        ("by June 20", "2026-06-15", 0),
        ("by June 20", "2026-06-18", 10),
        ("by June 14", "2026-06-15", 0),
        ("evenly over 4 months\nfrom 2026-06-01", "2026-06-15", 10),
        ("evenly over 4 months\nfrom 2026-05-01", "2026-06-15", 0),  # 20 are due, 30 are sold
        ("evenly over 4 months\nfrom 2025-01-01", "2026-06-15", 0),  # over before the book begins
        ("evenly over 4 years\nfrom 2025-06-01", "2026-06-15", 0),
        ("evenly over 80 days\nfrom 2026-05-01", "2026-06-15", 0),  # 23 of 40 shares
        ("evenly over 50 days\nfrom 2026-05-01", "2026-06-15", 6),  # 36.8 of 40 shares
    ],
)
def test_when_how_many_shares_are_due(times: str, today: str, shares: int) -> None:
    """30 shares were sold on May 18."""
    day = home(past("2026-05-18", "AAA", -30, -3_000), today=today)
    rule = f'sell 40 shares of "AAA" {times}'
    missed = asked(day, rule)
    assert bool(missed) == bool(shares)
    if shares:
        assert asked(day, rule, f"-{shares - 1} a1")
        assert not asked(day, rule, f"-{shares} a1")
        assert both(day, rule, f"-{shares} a1") == YES


def test_what_began_before_the_book_is_counted_from_its_first_day() -> None:
    """Six of eight quarters began before 2026, the seventh in May: half of what was held in January
    is due, 115 of 230 shares."""
    rule = 'sell "AAA" evenly over 8 quarters\nfrom 2024-11-15'
    short = home(SOLD)
    known = replace(short, known_since=date(2025, 12, 1))
    for day, gone in ((short, 5), (known, 5)):
        left = 8 - gone
        due = 230 * (7 - gone) // left - 30
        assert both(day, rule, f"-{due} a1") == YES
        assert both(day, rule, f"-{due + 1} a1") == NO
        assert not asked(day, rule, f"-{due} a1")
    whole = replace(short, known_since=date(2024, 11, 1))
    assert both(whole, rule, "-171 a1") == YES  # 201.25 of 230 in all
    assert both(whole, rule, "-172 a1") == NO


def test_what_is_left_of_a_position_is_all_that_can_be_asked() -> None:
    rule = 'sell 500 shares of "AAA" each quarter'
    assert asked(home(), rule, "-199 a1")
    assert not asked(home(), rule, "-200 a1")
    assert not asked(home(), 'sell 500 shares of "DDD" each quarter')


def test_a_household_counts_its_accounts_together() -> None:
    """600 shares in all, a quarter of them due: from whichever account."""
    layer, rule = 'household "H1"', 'sell "AAA" evenly over 4 months\nfrom 2026-06-01'
    assert both(home(), rule, "-150 ia1", layer=layer) == YES
    assert both(home(), rule, "-50 a1, -100 ia1", layer=layer) == YES
    assert both(home(), rule, "-51 a1, -100 ia1", layer=layer) == NO
    assert not asked(home(), rule, "-50 a1, -100 ia1", layer=layer)
    each = f"{rule.partition(chr(10))[0]} per account\nfrom 2026-06-01"
    assert both(home(), each, "-50 a1, -100 ia1", layer=layer) == YES
    assert both(home(), each, "-51 a1", layer=layer) == NO


def test_dollars_are_missed_by_a_share_or_more() -> None:
    assert asked(home(), BUY, "+248 CCC TX") == [
        "what is bought of TX is $4,960.00, below $4,980.00"
    ]
    assert not asked(home(), BUY, "+249 CCC TX")


def test_what_nothing_can_be_done_about_is_missed() -> None:
    rules = policy(
        home(), 'buy $5,000 of anything each month where sector is "Energy"', layer=TAKEN
    )
    assert model_allows(home(), rules, "")
    assert asked(home(), 'buy $5,000 of anything each month where sector is "Energy"')


def test_a_purchase_may_be_of_what_the_target_does_not_have() -> None:
    assert both(home(), 'buy 10 shares of "XXX" each month', "+10 XXX TX") == YES
    assert both(home(), 'buy 10 shares of "XXX" each month', "+11 XXX TX") == NO


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (EACH, "due since 2026-04-01; next on 2026-07-01"),
        (EVENLY, "2 of 8 parts; next on 2026-09-02"),
        ('sell "AAA" by 2026-09-27', "due on 2026-09-25"),
        ('sell "AAA" by 2026-06-15', "due"),
        ("buy $500 of anything each month on day 20\nfrom 2026-06-01", "next on 2026-06-20"),
        ('sell "AAA" by December 1', "next on 2026-12-01"),
        (
            'sell "AAA" evenly over 8 quarters\nfrom 2024-11-15',
            "7 of 8 parts; next on 2026-08-15; "
            "counted from 2026-01-01, as far back as the book goes",
        ),
    ],
)
def test_each_statement_says_when_it_is_due(rule: str, said: str) -> None:
    rules = policy(home(), rule, layer=TAKEN)
    (scope,) = (s for s in rules.statements if isinstance(s.directive, Instalment))
    assert scope.directive.describe_today(scope.statement, home()) == said


def test_a_proposal_says_where_an_instalment_began_before_the_book() -> None:
    yearly = policy(home(), 'sell 40 shares of "AAA" each year on June 16', layer=TAKEN)
    assert [said for scope in yearly.statements for said in scope.directive.remarks(home())] == [
        "`each year on June 16` reaches back to 2025-06-16, and the book to 2026-01-01"
    ]
    assert not any(
        said
        for scope in policy(home(), EACH, layer=TAKEN).statements
        for said in scope.directive.remarks(home())
    )
