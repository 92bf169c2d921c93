"""Proposals for random households under random rules, against a check that was written twice.

`tests/plain` reckons in fractions what the rules ask. The product's exact check has to agree with
it to the share, and its model as far as cents go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import Phase
from hypothesis import strategies as st

from compiler import exact_check
from compiler.closing import Closing
from compiler.directives import wash_sales
from compiler.directives.band import WeightBand
from compiler.directives.count import CountLimit
from compiler.exposure import Through
from policydsl.propose import Status, propose
from portfolio import tax
from portfolio.household import TaxEntity
from tests.by_hand import in_the_target, model_allows
from tests.compiler.laws import laws
from tests.compiler.laws.laws import Seen, tried
from tests.plain.cases import Case, Orders, beside, cases, orders_of, pressed, washing, written
from tests.plain.washed import disallowed

CENTS = Fraction(6, 100)
"""Dollars by which rounded orders and the model's rows may differ."""


def proposed(case: Case, seen: Seen) -> Orders | None:
    """The orders that the product proposes, if it can."""
    proposal = propose(case.home, case.policy)
    seen["households"] += 1
    seen[proposal.status] += 1
    seen[case.home.management] += 1
    if proposal.closing is None:
        return None
    orders = orders_of(proposal.closing)
    assert bool(orders) is (proposal.status is Status.PROPOSED)
    return orders


def agree(case: Case, orders: Orders, seen: Seen) -> None:
    """Both checks find the same rules broken, or that the trades cannot be."""
    reckoned = case.broken(orders)
    seen["compared"] += 1
    seen["broken"] += bool(reckoned)
    for key in reckoned:
        seen[case.rules[int(key[1:]) - 1].slot.split()[0] if key != "physics" else key] += 1
    found = case.checked(orders)
    if "physics" in reckoned:
        # Where more is sold than there is, what is left is below nothing, and has no weight.
        found, reckoned = found & {"physics"}, {"physics"}
    assert found == reckoned, (written(orders), case.how_far(orders))


def what_is_proposed_breaks_nothing(number: int) -> Seen:
    """And with a share more or less the two checks turn red at the same places."""
    seen = Seen()

    def law(case: Case) -> None:
        orders = proposed(case, seen)
        if orders is not None:
            beyond = case.broken(orders)
            assert not beyond, (written(orders), case.how_far(orders))
            for other in beside(case, orders):
                agree(case, other, seen)

    tried(number, law, case=cases())
    assert seen["broken"] > seen["compared"] / 6
    assert seen["compared"] - seen["broken"] > seen["compared"] / 6
    assert seen[Status.EXCEPTION] <= number / 20
    return seen


def both_turn_at_the_same_share(number: int, *, proposing: bool = True) -> Seen:
    """An order pressed against its bound, from the proposal or from nothing."""
    seen = Seen()

    def law(case: Case, data: st.DataObject) -> None:
        orders = (proposing and data.draw(st.booleans()) and proposed(case, seen)) or {}
        anything = st.sampled_from([(key, "") for key in case.possible()])
        turning = list(case.turning())
        some = data.draw(st.lists(anything, max_size=3, unique=True))
        if turning:
            some += data.draw(
                st.lists(st.sampled_from(turning), min_size=1, max_size=2, unique=True)
            )
        for key, rule in some:
            for other in pressed(case, orders, key, rule):
                agree(case, other, seen)

    tried(number, law, case=cases(), data=st.data())
    assert seen["broken"] > number
    return seen


def both_reckon_what_of_a_loss_is_washed(number: int) -> Seen:
    """Losses of which shares bought lately wash a part make up for so much less of a gain that is
    pressed against the bound."""
    seen = Seen()

    def law(case: Case, data: st.DataObject) -> None:
        start: Orders = {
            (lot.id,): Decimal(data.draw(st.integers(1, int(lot.shares)))) for lot in case.losing
        }
        seen["washed"] += any(disallowed(case.state(start)).values())
        for other in pressed(case, start, ("up",), "r1"):
            agree(case, other, seen)

    tried(number, law, case=washing(), data=st.data())
    assert seen["washed"] > number / 2
    assert seen["gains"] > number / 10
    assert seen["tax"] > number / 10
    return seen


def the_model_allows_what_breaks_nothing(number: int) -> Seen:
    """A point that is further than cents beyond a rule has none in the model, and one that is
    further inside has: for rules in whole steps, by a share or two."""
    seen = Seen()

    def law(case: Case, data: st.DataObject) -> None:
        orders = proposed(case, seen)
        if orders is None or all(rule.slot != "wash" for rule in case.rules):
            return  # without the rule the model avoids wash sales all the same
        near = st.sampled_from(list(beside(case, orders)))
        for other in data.draw(st.lists(near, min_size=1, max_size=2, unique_by=written)):
            text, inside = written(other), case.how_far(other)
            if model_allows(case.home, case.policy, text):
                seen["allowed"] += 1
                assert min(inside.values()) >= -CENTS, (text, inside)
            elif in_the_target(case.home, case.policy, text):
                seen["refused"] += 1
                steps = 2 * Fraction(max(case.home.prices.values()))
                room = {f"r{k}": steps for k, rule in enumerate(case.rules, 1) if rule.stepwise}
                tight = [key for key, far in inside.items() if far < room.get(key, CENTS)]
                assert tight, (text, inside)

    tried(number, law, case=cases(), data=st.data())
    assert seen["allowed"] > number / 10
    assert seen["refused"] > number / 10
    return seen


MINUTES = (pytest.mark.long, pytest.mark.minutes)
SHORT = {
    what_is_proposed_breaks_nothing: 30,
    both_turn_at_the_same_share: 30,
    the_model_allows_what_breaks_nothing: 15,
}


def test_washed_losses_make_up_for_less() -> None:
    both_reckon_what_of_a_loss_is_washed(40)


@pytest.mark.parametrize("law", SHORT, ids=lambda law: law.__name__)
def test_a_few(law: Callable[[int], Counter[str]]) -> None:
    law(SHORT[law])


@pytest.mark.parametrize("law", SHORT, ids=lambda law: law.__name__)
@pytest.mark.parametrize("times", [pytest.param(50, marks=MINUTES)])
def test_thousands(law: Callable[[int], Counter[str]], times: int) -> None:
    seen = law(SHORT[law] * times)
    kinds = {"cash", "issuer", "sector", "gains", "tax", "wash", "turnover", "harvest"}
    assert not seen["compared"] or kinds <= set(seen)


# --- checks that are wrong -----------------------------------------------------------------------


def funds_are_opaque(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WeightBand, "through", Through.NEVER)


def flows_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Closing, "due", {})


def nothing_was_bought_of_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wash_sales, "recent_purchases", lambda home: ())


def nothing_was_carried_in(patch: pytest.MonkeyPatch) -> None:
    def without(entity: TaxEntity, *nets: Decimal) -> tax.YearTax:
        return tax.netting(replace(entity, carry_short=Decimal(0), carry_long=Decimal(0)), *nets)

    patch.setattr("compiler.closing.netting", without)


def everything_is_long_term(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("compiler.closing.is_long_term", lambda lot, day: True)


def washed_losses_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Closing, "recognised", lambda self, sale: sale.gain)


def one_more_holding_does_no_harm(patch: pytest.MonkeyPatch) -> None:
    whole = CountLimit._count
    patch.setattr(CountLimit, "_count", lambda *given, after: whole(*given, after=after) - after)


def what_is_held_away_is_traded(patch: pytest.MonkeyPatch) -> None:
    whole = exact_check._physics
    patch.setattr(
        exact_check,
        "_physics",
        lambda *given: [each for each in whole(*given) if "may not be traded" not in each.message],
    )


WRONG = (
    funds_are_opaque,
    flows_are_forgotten,
    nothing_was_bought_of_late,
    nothing_was_carried_in,
    everything_is_long_term,
    one_more_holding_does_no_harm,
    what_is_held_away_is_traded,
)


def test_washed_losses_that_count_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    washed_losses_count(monkeypatch)
    monkeypatch.setattr(laws, "PHASES", (Phase.generate,))
    with pytest.raises(AssertionError, match="down"):
        both_reckon_what_of_a_loss_is_washed(40)


@pytest.mark.long
@pytest.mark.minutes
@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: each.__name__)
def test_a_wrong_check_is_found_out(
    wrong: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch)
    monkeypatch.setattr(laws, "PHASES", (Phase.generate,))
    with pytest.raises(AssertionError):
        both_turn_at_the_same_share(1_000, proposing=False)
