"""`use model "NEW" evenly over 20 days`: which model an account follows on which day, by hand.

CORE is 60% AAA and 40% DDD; NEW 50% BBB and 50% DDD. TX follows CORE.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from compiler.alternates import stand_ins
from compiler.effective import effective
from compiler.effective_report import render_effective
from compiler.layers import household_policy
from compiler.model_fees import model_fees, without_closed_models
from compiler.target import published, target, without_unknown_models
from portfolio.household import Household, ModelFacts
from portfolio.models import Part, blended
from portfolio.models import published as made
from tests.by_hand import checked_layers, model_allows, policy, usual

MODELS = {
    "CORE": [Part(Decimal("0.6"), ("AAA",)), Part(Decimal("0.4"), ("DDD",))],
    "NEW": [Part(Decimal("0.5"), ("BBB", "CCC")), Part(Decimal("0.5"), ("DDD",))],
}
DAYS = 'use model "NEW" evenly over 20 days\nfrom 2026-07-01'


def on(day: str) -> Household:
    return replace(usual(), models=made(MODELS, {}), as_of=date.fromisoformat(day))


def model_of(home: Household, *rules: str) -> str:
    found = published(home, home.accounts[0], policy(home, *rules))
    return " ".join(f"{name} {weight * 100:.2f}" for name, weight in sorted(found.items()))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-06-30", "AAA 60.00 DDD 40.00"),
        # The first of twenty steps is made on the first day: a twentieth of the way.
        ("2026-07-01", "AAA 57.00 BBB 2.50 DDD 40.50"),
        ("2026-07-02", "AAA 54.00 BBB 5.00 DDD 41.00"),
        ("2026-07-10", "AAA 30.00 BBB 25.00 DDD 45.00"),
        ("2026-07-19", "AAA 3.00 BBB 47.50 DDD 49.50"),
        ("2026-07-20", "BBB 50.00 DDD 50.00"),
        ("2027-07-20", "BBB 50.00 DDD 50.00"),
    ],
)
def test_the_model_of_a_day(day: str, expected: str) -> None:
    assert model_of(on(day), DAYS) == expected


@pytest.mark.parametrize(
    ("pace", "steps"),
    [
        # 3 July 2026, a Friday, is a holiday: four sessions from 1 July are 1, 2, 6 and 7 July.
        (
            "evenly over 4 trading days",
            {"07-01": 1, "07-02": 2, "07-05": 2, "07-06": 3, "07-07": 4},
        ),
        ("evenly over 4 days", {"07-01": 1, "07-03": 3, "07-04": 4}),
        ("evenly over 4 months", {"07-01": 1, "07-31": 1, "08-01": 2, "10-01": 4}),
        # A step on 1 July and each month from there: 1 August, 1 September, 1 October.
        ("by 2026-10-01", {"07-31": 1, "08-01": 2, "09-01": 3, "10-01": 4}),
    ],
)
def test_every_time_of_the_language(pace: str, steps: dict[str, int]) -> None:
    line = f'use model "NEW" {pace}\nfrom 2026-07-01'
    for day, done in steps.items():
        home = on(f"2026-{day}")
        found = published(home, home.accounts[0], policy(home, line))
        assert found.get("AAA", 0) == Decimal("0.6") * (1 - Decimal(done) / 4), day


def test_limits_around_the_model_follow_it() -> None:
    """TX holds 20% AAA and as much of FND, half of which is AAA: 30%, as the model of 10 July has;
    that of the last day has none."""
    line = 'keep "AAA" at most 5 points above model'
    assert model_allows(on("2026-07-10"), policy(on("2026-07-10"), DAYS, line), "+40 AAA TX")
    assert not model_allows(on("2026-07-10"), policy(on("2026-07-10"), DAYS, line), "+60 AAA TX")
    assert not model_allows(on("2026-07-20"), policy(on("2026-07-20"), DAYS, line), "+1 AAA TX")


def test_rules_act_on_the_blend() -> None:
    home = on("2026-07-10")
    agreed = policy(home, DAYS, 'never hold "BBB"')
    found = target(home, home.accounts[0], agreed)
    assert found == {"AAA": Decimal("0.3"), "CCC": Decimal("0.25"), "DDD": Decimal("0.45")}
    (instead,) = stand_ins(home, home.accounts[0], agreed)
    assert (instead.component, instead.alternate, instead.weight) == ("BBB", "CCC", Decimal("0.25"))


def test_a_model_is_the_blend_of_itself() -> None:
    models = made(MODELS, {})
    assert blended(models["CORE"], models["CORE"], Decimal("0.3")) == models["CORE"]
    assert blended(models["CORE"], models["NEW"], Decimal(1)) == models["NEW"]
    half = blended(models["CORE"], models["NEW"], Decimal("0.5"))
    assert half.inside == {"CORE": Decimal("0.5"), "NEW": Decimal("0.5")}
    assert sum(half.weights.values()) == 1


def test_both_fees_are_shown_on_the_way_and_both_programs_asked() -> None:
    facts = {
        name: ModelFacts(name, "", Decimal(bps), frozenset(programs), "facts")
        for name, bps, programs in (("CORE", 10, ()), ("NEW", 30, ("sma",)))
    }
    home = replace(on("2026-07-05"), model_facts=facts)
    agreed = policy(home, DAYS)
    fees = {each.model_id: each.dollars for each in model_fees(home, home.accounts[0], agreed)}
    assert fees == {"CORE": Decimal("75.00"), "NEW": Decimal("75.00")}
    assert "TX" in without_closed_models(agreed, home).held
    before = replace(on("2026-06-30"), model_facts=facts)
    assert without_closed_models(policy(before, DAYS), before).held == {}


def test_a_model_that_the_book_does_not_have() -> None:
    home = on("2026-07-10")
    agreed = without_unknown_models(policy(home, DAYS.replace("NEW", "NONE")), home)
    assert agreed.held["TX"] == ("the book has no model NONE (0.policy:3)",)


def test_effective_says_how_far_it_is() -> None:
    typed = checked_layers({"ipc": f"rule r\n    {DAYS}\n"})
    shown = render_effective(effective(typed, on("2026-07-05"), "TX"))
    assert 'use model "NEW" evenly over 20 days (25% of the way on 2026-07-05)' in shown
    shown = render_effective(effective(typed, on("2026-07-20"), "TX"))
    assert "of the way" not in shown


def test_a_lower_layer_may_choose_the_model_and_keeps_the_pace() -> None:
    default = (
        'default m\n    use model "CORE" evenly over 4 months\n'
        "    allow account to set\n    from 2026-07-01\n"
    )
    chosen = 'set m to "NEW"\n    from 2026-07-01\n'
    typed = checked_layers({"ipc": default, 'account "TX"': chosen})
    assert not typed.diagnostics
    home = on("2026-08-15")
    found = published(home, home.accounts[0], household_policy(typed, home))
    assert found == {"AAA": Decimal("0.3"), "BBB": Decimal("0.25"), "DDD": Decimal("0.45")}
