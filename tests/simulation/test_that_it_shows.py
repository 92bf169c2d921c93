"""Every check of the quarter turns red where what it looks for is there: once in a log that was
tampered with, and once where a rule, a model or a day is taken from what the product is given."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portfolio.household import Flow
from tests.simulation import invariants, test_quarter
from tests.simulation.custodian import Custodian, Fill, Posting
from tests.simulation.daybook import Log, sessions, simulate

HERE = Path(__file__).parent
CENT = Decimal("0.01")
Check = Callable[[Log], object]
pytestmark = pytest.mark.long


def is_caught(check: Check, log: Log) -> bool:
    """Whether a check lists something, or a test fails."""
    try:
        return bool(check(log))
    except AssertionError:
        return True


# --- logs that were tampered with -----------------------------------------------------------------


def _first(fills: list[Fill], account: str, security: str, side: str) -> int:
    wanted = (account, security, side)
    found = (k for k, f in enumerate(fills) if (f.account_id, f.security_id, f.side) == wanted)
    return next(found)


def moved(account: str, security: str, side: str, days: int) -> Callable[[Log], None]:
    """The first such order, so many days later."""

    def tamper(log: Log) -> None:
        at = _first(log.fills, account, security, side)
        log.fills[at] = replace(log.fills[at], day=log.fills[at].day + timedelta(days))

    return tamper


def poorer(account: str, dollars: int, day: date) -> Callable[[Log], None]:
    """Less cash in the books of one evening."""

    def tamper(log: Log) -> None:
        evening = log.evenings[day]
        cash = evening.cash | {account: evening.cash[account] - dollars}
        log.evenings[day] = replace(evening, cash=cash)

    return tamper


def posting(account: str, change: Callable[[Posting], list[Posting]]) -> Callable[[Log], None]:
    """Something else in the place of an account's last flow."""

    def tamper(log: Log) -> None:
        at = max(k for k, p in enumerate(log.postings) if p.flow.account_id == account)
        log.postings[at : at + 1] = change(log.postings[at])

    return tamper


def a_day_early(done: Posting) -> list[Posting]:
    return [replace(done, day=done.day - timedelta(1))]


def a_dollar_more(done: Posting) -> list[Posting]:
    return [replace(done, done=done.done - 1)]


def unsaid(log: Log) -> None:
    log.looks[:] = [replace(look, findings=()) for look in log.looks]


def said_late(log: Log) -> None:
    """Ten sessions before the last day on which cash can be raised nothing is said."""
    at = log.days[log.days.index(date(2023, 12, 13)) - 10]
    log.looks[:] = [replace(look, findings=()) if look.day == at else look for look in log.looks]


def paid_after_all(log: Log) -> None:
    log.postings[:] = [replace(each, done=each.flow.amount) for each in log.postings]


def failed(log: Log) -> None:
    log.looks[0] = replace(log.looks[0], status="failed")


def misreckoned(log: Log) -> None:
    at = next(k for k, fill in enumerate(log.fills) if fill.expected is not None)
    log.fills[at] = replace(log.fills[at], gain=log.fills[at].gain + CENT)


def forgotten(log: Log) -> None:
    del log.fills[0]


def lot_lost(log: Log) -> None:
    day = log.days[5]
    lots = dict(log.evenings[day].lots)
    lots.popitem()
    log.evenings[day] = replace(log.evenings[day], lots=lots)


def bought_back(log: Log) -> None:
    """Ten days after a loss, in an IRA of the household."""
    loss = log.fills[_first(log.fills, "RET-TX", "BND1", "sell")]
    later = loss.day + timedelta(10)
    log.fills.append(replace(loss, day=later, account_id="RET-IRA", side="buy", lot_id="X"))


def bought_before(part: str) -> Callable[[Log], None]:
    """A week before losses of a day, and still held that evening: as many shares as wash so much of
    them, all of the first of them in the order of the law."""

    def tamper(log: Log) -> None:
        day = log.fills[_first(log.fills, "RET-TX", "BND1", "sell")].day
        lost = [
            f
            for f in log.fills
            if (f.day, f.account_id, f.security_id) == (day, "RET-TX", "BND1") and f.gain < 0
        ]
        first = min(lost, key=lambda f: (f.account_id, f.acquired, f.lot_id))
        shares = Decimal(part) * sum(f.gain for f in lost) * first.shares / first.gain
        assert shares < first.shares
        evening = log.evenings[day]
        held = next(lot for lot in evening.lots.values() if lot.security_id == "BND1")
        new = replace(held, id="X", acquired=day - timedelta(7), shares=shares)
        log.evenings[day] = replace(evening, lots=evening.lots | {"X": new})

    return tamper


def once_more(log: Log) -> None:
    """An order again on the next session, at the same close."""
    for fill in log.fills:
        after = log.days[log.days.index(fill.day) + 1]
        if log.closes[after] == log.closes[fill.day]:
            log.fills.append(replace(fill, day=after))
            return
    raise LookupError


def traded_again(log: Log) -> None:
    at = next(
        k
        for k, look in enumerate(log.looks)
        if look.again and not invariants.loss_on(log, look.household_id, look.day)
    )
    again = {"status": "proposed", "trades": [{"trade_id": "X"}]}
    log.looks[at] = replace(log.looks[at], again=again)


def traded_at_rest(log: Log) -> None:
    """An order of a day before, on a day on which nothing moved and nothing was due."""
    for before, day in zip(log.days, log.days[1:], strict=False):
        still = log.closes[before] == log.closes[day]
        if still and not any(invariants.causes(log, "EXE", before, day, ())):
            log.fills.append(replace(log.fills[0], day=day, account_id="EXE-TX"))
            return
    raise LookupError


def fewer(log: Log) -> None:
    at = _first(log.fills, "EXE-TX", "ACME", "sell")
    log.fills[at] = replace(log.fills[at], shares=Decimal(99))


def no_stand_in(log: Log) -> None:
    log.fills[:] = [fill for fill in log.fills if fill.security_id != "BND2"]


def paid(account: str) -> Check:
    return lambda log: test_quarter.test_every_flow_is_made_once_on_its_day(log, account)


def foretold(log: Log) -> list[str]:
    return invariants.not_foretold(log, ahead=20)


def a_tenth_washed(log: Log) -> list[str]:
    return invariants.washed(log, Decimal("0.1"))


TAMPERED: dict[str, tuple[Callable[[Log], None], Check]] = {
    "overdrawn": (poorer("EXE-TX", 900_000, date(2023, 10, 31)), invariants.overdrawn),
    "cash is missing": (poorer("EXE-TX", 1, date(2023, 10, 31)), invariants.unbalanced),
    "an order is missing": (forgotten, invariants.unbalanced),
    "a lot is missing": (lot_lost, invariants.unbalanced),
    "a gain is off": (misreckoned, invariants.misreckoned),
    "failed": (failed, invariants.unsolved),
    "paid a day early": (posting("RET-TX", a_day_early), paid("RET-TX")),
    "not paid": (posting("RET-IRA", lambda done: []), paid("RET-IRA")),
    "paid twice": (posting("RET-IRA", lambda done: [done, done]), paid("RET-IRA")),
    "paid by another": (
        posting("RET-IRA", lambda done: [replace(done, flow=_of("FAM-ROTH", done.flow))]),
        paid("FAM-ROTH"),
    ),
    "short by another amount": (posting("EXE-TX", a_dollar_more), foretold),
    "short and unsaid": (unsaid, foretold),
    "short and said late": (said_late, foretold),
    "said, and paid": (paid_after_all, invariants.cried_wolf),
    "washed after": (bought_back, invariants.washed),
    "washed before": (bought_before("0.01"), invariants.washed),
    "washed beyond a tenth": (bought_before("0.11"), a_tenth_washed),
    "an order twice": (once_more, invariants.repeated),
    "a second look trades": (traded_again, invariants.restless),
    "trades without a cause": (
        traded_at_rest,
        test_quarter.test_while_nothing_moves_and_nothing_is_due_nothing_is_traded,
    ),
    "a never-buy ends early": (
        moved("SAV-TX", "INT1", "buy", -3),
        test_quarter.test_a_never_buy_ends_on_its_day_and_the_name_is_picked_up,
    ),
    "a never-buy ends late": (
        moved("SAV-TX", "INT1", "buy", 60),
        test_quarter.test_a_never_buy_ends_on_its_day_and_the_name_is_picked_up,
    ),
    "a model begins early": (
        moved("FAM-IRA", "EMG1", "buy", -1),
        test_quarter.test_a_model_holds_from_its_first_day,
    ),
    "an instalment in the blackout": (
        moved("EXE-TX", "ACME", "sell", 31),
        test_quarter.test_a_blackout_holds_and_the_plan_is_caught_up_after_it,
    ),
    "a share is missing of an instalment": (
        fewer,
        test_quarter.test_a_blackout_holds_and_the_plan_is_caught_up_after_it,
    ),
    "invested too soon": (
        poorer("SAV-TX", 20_000, date(2023, 10, 31)),
        test_quarter.test_what_is_invested_bit_by_bit_is_held_back_till_then,
    ),
    "too little for the withdrawals": (
        poorer("RET-TX", 25_000, date(2023, 10, 31)),
        test_quarter.test_three_months_of_withdrawals_are_there_every_evening,
    ),
    "no stand-in": (no_stand_in, test_quarter.test_a_name_sold_at_a_loss_is_stood_in_for),
}


def _of(account: str, flow: Flow) -> Flow:
    return replace(flow, account_id=account)


@pytest.mark.parametrize("name", TAMPERED)
def test_a_log_that_was_tampered_with_is_caught(quarter: Log, name: str) -> None:
    tamper, check = TAMPERED[name]
    assert not is_caught(check, quarter)
    assert is_caught(check, tampered(quarter, tamper))


def test_what_a_rule_lets_be_washed_is_let_pass(quarter: Log) -> None:
    assert not is_caught(a_tenth_washed, tampered(quarter, bought_before("0.09")))


def tampered(log: Log, tamper: Callable[[Log], None]) -> Log:
    copy = Log(
        log.opening,
        log.closes,
        log.away,
        list(log.looks),
        list(log.fills),
        list(log.postings),
        dict(log.evenings),
    )
    tamper(copy)
    return copy


# --- what the product is given --------------------------------------------------------------------


Edit = tuple[str, str, str]
"""A file, what stands in it, and what is to stand there instead."""

NO_STAND_INS = (
    "policies/ipc.policy",
    'replace harvested with "LRG2", "INT2", "BND2"',
    'replace harvested with "ACME"',
)


def given(folder: Path, *edits: Edit) -> tuple[Path, Path, Path]:
    """What `simulate` is given, edited: an opening book, policies and a folder to write to."""
    for name in ("opening", "policies"):
        shutil.copytree(HERE / name, folder / name)
    for file, old, new in edits:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return folder / "opening", folder / "policies", folder / "away"


GIVEN: dict[str, tuple[tuple[Edit, ...], str, str, str, Check]] = {
    # edits, household, first and last session, check
    "no never-buy": (
        (("policies/household/SAV.policy", 'never buy "INT1"', 'never buy "ACME"'),),
        *("SAV", "2023-11-08", "2023-11-13"),
        test_quarter.test_a_never_buy_ends_on_its_day_and_the_name_is_picked_up,
    ),
    "a never-buy for another day": (
        (("policies/household/SAV.policy", "until 2023-11-10", "until 2023-11-13"),),
        *("SAV", "2023-11-10", "2023-11-14"),
        test_quarter.test_a_never_buy_ends_on_its_day_and_the_name_is_picked_up,
    ),
    "a model a day early": (
        (("opening/models.csv", "2023-11-15", "2023-11-14"),),
        *("FAM", "2023-11-14", "2023-11-15"),
        test_quarter.test_a_model_holds_from_its_first_day,
    ),
    "no blackout": (
        (("policies/household/EXE.policy", "today in blackout", "today not in blackout"),),
        *("EXE", "2023-11-01", "2023-11-03"),
        test_quarter.test_a_blackout_holds_and_the_plan_is_caught_up_after_it,
    ),
    "invested at once": (
        (("policies/household/SAV.policy", "evenly over 6 months", "evenly over 1 month"),),
        *("SAV", "2023-10-02", "2023-10-03"),
        test_quarter.test_what_is_invested_bit_by_bit_is_held_back_till_then,
    ),
    "no months of withdrawals": (
        (("policies/household/RET.policy", "3 months of withdrawals", "1 day of withdrawals"),),
        *("RET", "2023-10-02", "2023-10-03"),
        test_quarter.test_three_months_of_withdrawals_are_there_every_evening,
    ),
    "no stand-ins": (
        (NO_STAND_INS,),
        *("RET", "2023-10-02", "2023-10-03"),
        test_quarter.test_a_name_sold_at_a_loss_is_stood_in_for,
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_the_product_is_not_told_is_caught(tmp_path: Path, name: str) -> None:
    edits, household, first, last, check = GIVEN[name]
    days = sessions(date.fromisoformat(first), date.fromisoformat(last))
    log = simulate(*given(tmp_path, *edits), days, 1, [household])
    assert is_caught(check, log)


def test_cash_raised_too_late_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product is told that orders settle on their day, and they settle two days later."""
    write = Custodian.write

    def hasty(self: Custodian, folder: Path, prices: dict[str, Decimal]) -> None:
        write(self, folder, prices)
        with (folder / "book.toml").open("a", encoding="utf-8") as file:
            file.write("settlement_days = 0\n")

    monkeypatch.setattr(Custodian, "write", hasty)
    held = ("policies/ipc.policy", "only harvest anything where", "never harvest anything where")
    days = sessions(date(2023, 11, 20), date(2023, 11, 27))
    log = simulate(*given(tmp_path, held), days, 1, ["FAM"])
    assert [each.flow.account_id for each in log.postings if each.short] == ["FAM-TX"]
    assert is_caught(foretold, log)
