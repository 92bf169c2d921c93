"""Ranked alternates of a model, by hand: who takes the place of what an account may not buy.

TX holds 20% AAA, 30% BBB, 10% CCC, 20% FND; IRA 80% AAA. AAA, BBB and CCC are alike in class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from compiler.alternates import stand_ins
from compiler.target import left_out, published, target, with_doubts_said
from policydsl.propose import propose
from policydsl.reasons import explained_trades
from portfolio.household import Household
from portfolio.models import Part
from portfolio.models import published as made
from tests.by_hand import policy, usual

Parts = Mapping[str, Sequence[tuple[str, str]]]

CORE = {"CORE": [("0.4", "AAA XXX CCC"), ("0.2", "DDD"), ("0.3", "BBB CCC")]}


def following(models: Parts, unusable: Mapping[str, str] | None = None) -> Household:
    """The usual household, on models given as (weight, choices by rank)."""
    parts = {
        name: [Part(Decimal(weight), tuple(ranked.split())) for weight, ranked in rows]
        for name, rows in models.items()
    }
    return replace(usual(), models=made(parts, unusable or {}))


def weights(home: Household, *rules: str, where: str = "TX") -> str:
    account = next(a for a in home.accounts if a.id == where)
    found = target(home, account, policy(home, *rules))
    return " ".join(f"{name} {weight * 100:.0f}" for name, weight in sorted(found.items()))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "AAA 40 BBB 30 DDD 20"),
        # To be sold: the next of its rank has its place.
        (['never hold "AAA"'], "BBB 30 DDD 20 XXX 40"),
        # May be kept: what is held stays, the alternate is bought for the rest.
        (['never buy "AAA"'], "AAA 20 BBB 30 DDD 20 XXX 20"),
        (['never trade "AAA"'], "AAA 20 BBB 30 DDD 20 XXX 20"),
        (['never hold "AAA"', 'never buy "XXX"'], "BBB 30 CCC 40 DDD 20"),
        # More is held than the place has room for.
        (['never buy "BBB"'], "AAA 40 BBB 30 DDD 20"),
        (['only hold anything where sector is not "Tech"'], "CCC 30 XXX 40"),
        # Nobody may take the place: it goes to the rest of its asset class, as ever.
        (['never hold "AAA", "XXX", "CCC"'], "BBB 70 DDD 20"),
        (['never hold "DDD"'], "AAA 40 BBB 30"),
        # A line of the policy is the stricter word on what replaces something.
        (['never hold "AAA"', 'replace "AAA" with "DDD"'], "BBB 30 DDD 60"),
        (['never hold "AAA"', 'replace "XXX" with "DDD"'], "BBB 30 DDD 60"),
        # Steps after: a group is what the model with its alternates is.
        (['never hold "AAA"', 'target "XXX" at 20% of account'], "BBB 50 DDD 20 XXX 20"),
    ],
)
def test_an_alternate_takes_the_place(rules: list[str], expected: str) -> None:
    assert weights(following(CORE), *rules) == expected


def test_the_published_model_does_not_move() -> None:
    home = following(CORE)
    agreed = policy(home, 'never hold "AAA"')
    same = {"AAA": Decimal("0.4"), "DDD": Decimal("0.2"), "BBB": Decimal("0.3")}
    assert published(home, home.accounts[0], agreed) == same


NESTED = {
    "CORE": [("0.5", "EQUITY BONDS"), ("0.3", "BONDS"), ("0.1", "AAA CCC")],
    "EQUITY": [("0.5", "AAA XXX"), ("0.5", "BBB")],
    "BONDS": [("1", "DDD")],
}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], "AAA 35 BBB 25 DDD 30"),
        # 25 points inside EQUITY and 10 outside have alternates of their own.
        (['never hold "AAA"'], "BBB 25 CCC 10 DDD 30 XXX 25"),
        # The 20% that may be kept has the first place that it comes to.
        (['never buy "AAA"'], "AAA 20 BBB 25 CCC 10 DDD 30 XXX 5"),
        # BBB has no alternate: XXX and CCC share its 25 points. A model is passed over only where
        # nothing that may be in it may be bought.
        (['never hold "AAA", "BBB"'], "CCC 17 DDD 30 XXX 43"),
        (['never hold "AAA", "BBB", "XXX"'], "CCC 10 DDD 80"),
    ],
)
def test_models_inside_models(rules: list[str], expected: str) -> None:
    assert weights(following(NESTED), *rules) == expected


def test_what_the_book_cannot_offer() -> None:
    home = following(CORE, {"AAA": "no price", "XXX": "no price"})
    assert weights(home) == "BBB 30 CCC 40 DDD 20"
    (found,) = stand_ins(home, home.accounts[0], policy(home))
    assert found.describe(home) == "CCC (rank 3) stands in for 40% AAA: no price"
    assert following(CORE, {"DDD": "no price"}).models == {}


def test_what_stands_in_is_said_by_rule_file_and_line() -> None:
    home = following(CORE)
    rules = with_doubts_said(policy(home, 'never buy "AAA"'), home)
    why = 'AAA: never buy "AAA" [r1, 0.policy:3]'
    assert rules.remarks == (f"TX: XXX (rank 2) stands in for 20% {why}",)
    banned = policy(home, 'never hold "AAA"')
    sold = left_out(home, home.accounts[0], banned, target(home, home.accounts[0], banned))
    assert {name: scope.statement.rule_id for name, scope in sold.items()} == {"AAA": "r1"}


def test_the_alternate_is_bought_and_says_why() -> None:
    home = following(CORE)
    proposal = propose(home, with_doubts_said(policy(home, 'never hold "AAA"'), home))
    trades = {trade.trade_id: trade for trade in explained_trades(proposal)}
    assert trades["TX:AAA:sell"].shares == 200
    bought = trades["TX:XXX:buy"]
    assert float(bought.amount) == pytest.approx(40_000, rel=0.1)
    assert bought.rules[0] == "r1"
    told = 'XXX (rank 2) stands in for 40% AAA: never hold "AAA" [r1, 0.policy:3]'
    assert told in bought.sentence
    assert any(told in finding for finding in proposal.findings)


def test_what_is_held_stays_where_it_may() -> None:
    home = following(CORE)
    proposal = propose(home, policy(home, 'never buy "AAA"'))
    trades = {trade.trade_id: trade for trade in explained_trades(proposal)}
    assert "TX:AAA:sell" not in trades
    assert float(trades["TX:XXX:buy"].amount) == pytest.approx(20_000, rel=0.15)
