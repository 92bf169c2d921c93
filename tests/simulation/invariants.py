"""What has to hold of every day of a simulation. Each function lists what breaks it, in words.

They read the log alone, and reckon again what they need: none asks the product whether it was
right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from portfolio.holding import first_long_day
from portfolio.household import TAXABLE
from tests.simulation.custodian import ZERO, Fill, TaxLot, cents
from tests.simulation.daybook import Log

Check = Callable[[Log], list[str]]
WASH_DAYS = timedelta(days=30)
NEAR = timedelta(days=12)
"""More calendar days than any settlement cycle, with the session before it."""


def overdrawn(log: Log) -> list[str]:
    """Accounts whose settled cash is below zero at the end of a day."""
    return [
        f"{day} {account}: {dollars}"
        for day, evening in log.evenings.items()
        for account, dollars in evening.cash.items()
        if dollars < 0
    ]


def unbalanced(log: Log) -> list[str]:
    """Days on which cash or lots are not what orders and flows come to from the first day on."""
    found = []
    cash = {row["account_id"]: Decimal(row["cash"]) for row in log.opening["accounts"]}
    whole = {
        row["account_id"]: Decimal(row["cash"]) + Decimal(row.get("unsettled_cash") or 0)
        for row in log.opening["accounts"]
    }
    shares = {row["lot_id"]: Decimal(row["shares"]) for row in log.opening["lots"]}
    for day, evening in log.evenings.items():
        for fill in (each for each in log.fills if each.day == day):
            whole[fill.account_id] += fill.cash
            sign = 1 if fill.side == "buy" else -1
            shares[fill.lot_id] = shares.get(fill.lot_id, ZERO) + sign * fill.shares
        for posting in (each for each in log.postings if each.day == day):
            whole[posting.flow.account_id] += posting.done
        for account in cash:
            there = evening.cash[account] + evening.unsettled[account]
            if there != whole[account]:
                found.append(f"{day} {account}: {there} is not {whole[account]}")
        held = {name: count for name, count in shares.items() if count}
        if held != {name: lot.shares for name, lot in evening.lots.items()}:
            found.append(f"{day}: lots are not what was bought and sold")
        found += [f"{day} {name}: {count} shares" for name, count in held.items() if count < 0]
    return found


def misreckoned(log: Log) -> list[str]:
    """Sales whose gain the proposal and the custodian do not agree on, to the cent."""
    return [
        f"{fill.day} {fill.lot_id}: {fill.expected} is not {fill.gain}"
        for fill in log.fills
        if fill.side == "sell" and fill.expected != fill.gain
    ]


def unsolved(log: Log) -> list[str]:
    """Households that got neither trades nor the word that none are needed."""
    return [
        f"{look.day} {look.household_id}: {look.status} {look.findings}"
        for look in log.looks
        if look.status not in ("proposed", "no_action")
    ]


def not_foretold(log: Log, ahead: int) -> list[str]:
    """Payments that were short, and of which findings did not say so in time.

    In each of the last `ahead` sessions before the last one on which cash for them could be raised
    a finding has to say which payment cannot be met; on that one, how many dollars are missing to
    the cent.
    """
    found = []
    for posting in (each for each in log.postings if each.short):
        flow = posting.flow
        *before, last = (day for day in log.days if log.evenings[day].settles <= posting.day)
        said = {
            look.day: [
                finding
                for finding in look.findings
                if f"{flow.day}" in finding and flow.account_id in finding
            ]
            for look in log.looks
            if look.household_id == log.household_of(flow.account_id)
        }
        found += [
            f"{day}: nothing says that the {flow.kind} of {flow.day} cannot be met"
            for day in before[-ahead:]
            if not any(finding.startswith("cannot be met") for finding in said[day])
        ]
        if not any(f"{posting.short:,.2f}" in finding for finding in said[last]):
            found.append(
                f"{posting.day} {flow.account_id} is short by {posting.short}: {said[last]}"
            )
    return found


def cried_wolf(log: Log) -> list[str]:
    """Findings that an account is overdrawn or cannot pay, of payments that were then made.

    On the last days before a payment that falls short those behind it are in doubt too: the product
    takes it to be made all the same, and this custodian lets nobody overdraw.
    """
    short = {
        (f"{each.flow.day}", each.flow.account_id): each.day for each in log.postings if each.short
    }
    made = {f"{each.flow.day}" for each in log.postings} - {day for day, _ in short}
    doubtful = {
        (day, log.household_of(account_id))
        for (_, account_id), paid in short.items()
        for day in log.days
        if day <= paid <= log.evenings[day].settles
    }
    return [
        f"{look.day} {finding}"
        for look in log.looks
        for finding in look.findings
        if finding.startswith(("cannot be met", "overdrawn"))
        and any(f"on {day} (" in finding for day in made)
        and (look.day, look.household_id) not in doubtful
    ]


def trades_of(
    log: Log, account_id: str, security_id: str | None = None, side: str | None = None
) -> list[Fill]:
    """What was done in an account, of one security or of all, on one side or on both."""
    return [
        fill
        for fill in log.fills
        if fill.account_id == account_id
        and security_id in (None, fill.security_id)
        and side in (None, fill.side)
    ]


def worth(log: Log, household_id: str, day: date) -> dict[str, Decimal]:
    """Dollars of each security that a household holds in the evening, at the day's closes."""
    found: dict[str, Decimal] = {}
    for lot in log.evenings[day].lots.values():
        if log.household_of(lot.account_id) == household_id:
            dollars = lot.shares * log.closes[day][lot.security_id]
            found[lot.security_id] = found.get(lot.security_id, ZERO) + dollars
    return found


def washed(log: Log, allowed: Decimal = ZERO) -> list[str]:
    """Losses in taxable accounts that purchases wash (26 USC 1091): of what a household loses in a
    wash group on a day, more than the part `allowed` by shares bought up to 30 days before and
    still held in the evening; anything by purchases of that day or up to 30 days after.
    """
    found = []
    for (day, home, name), losses in _losses(log).items():
        after = [
            fill.lot_id
            for fill in log.fills
            if fill.side == "buy"
            and _of_group(log, fill, home, name)
            and day <= fill.day <= day + WASH_DAYS
        ]
        recent = {
            lot.id: lot.shares - Decimal(lot.rest.get("used_shares") or 0)
            for lot in log.evenings[day].lots.values()
            if _of_group(log, lot, home, name) and day - WASH_DAYS <= lot.acquired < day
        }
        lost = -sum((fill.gain for fill in losses), ZERO)
        dollars = sum(_washed_by(recent, losses), ZERO)
        if after or dollars > allowed * lost:
            by = after or sorted(recent)
            found.append(f"{day} {home} {name}: {dollars} of {lost} washed by {by}")
    return found


def _losses(log: Log) -> dict[tuple[date, str, str], list[Fill]]:
    """Sales at a loss in taxable accounts, by day, household and wash group, in the order in which
    the law goes through those of a day (Treas. Reg. 1.1091-1(b))."""
    kinds = {row["account_id"]: row["type"] for row in log.opening["accounts"]}
    group = {row["security_id"]: row["wash_group"] for row in log.opening["securities"]}
    found: dict[tuple[date, str, str], list[Fill]] = {}
    for fill in sorted(
        log.fills, key=lambda f: (f.day, f.account_id, f.security_id, f.acquired, f.lot_id)
    ):
        if fill.side == "sell" and fill.gain < 0 and kinds[fill.account_id] in TAXABLE:
            home = log.household_of(fill.account_id)
            found.setdefault((fill.day, home, group[fill.security_id]), []).append(fill)
    return found


def _of_group(log: Log, held: Fill | TaxLot, household_id: str, name: str) -> bool:
    """Whether something is a household's, in any account, and of a wash group."""
    group = {row["security_id"]: row["wash_group"] for row in log.opening["securities"]}
    mine = log.household_of(held.account_id) == household_id
    return mine and group[held.security_id] == name


def _washed_by(recent: Mapping[str, Decimal], losses: Iterable[Fill]) -> Iterator[Decimal]:
    """Dollars of each loss that recent shares wash, to the cent. Each share washes one, and the
    rest of a lot none of that lot (Rev. Rul. 56-602)."""
    left = dict(recent)
    for loss in losses:
        missing = loss.shares
        for name in sorted(left.keys() - {loss.lot_id}):
            used = min(left[name], missing)
            left[name] -= used
            missing -= used
        yield cents(-loss.gain * (loss.shares - missing) / loss.shares)


def repeated(log: Log) -> list[str]:
    """Orders that are those of the session before once more, at the same close."""
    orders = {day: _orders(log, day) for day in log.days}
    return [
        f"{day} {order}"
        for before, day in zip(log.days, log.days[1:], strict=False)
        for order in sorted(orders[before] & orders[day])
        if log.closes[before][order[1]] == log.closes[day][order[1]]
    ]


def _orders(log: Log, day: date) -> set[tuple[str, str, str, Decimal]]:
    totals: dict[tuple[str, str, str], Decimal] = {}
    for fill in (each for each in log.fills if each.day == day):
        key = (fill.account_id, fill.security_id, fill.side)
        totals[key] = totals.get(key, ZERO) + fill.shares
    return {(*key, shares) for key, shares in totals.items()}


def restless(log: Log) -> list[str]:
    """Households that would trade again at once, though no loss was taken: only that changes what
    they are after, as a stand-in replaces the name from the next run on."""
    return [
        f"{look.day} {look.household_id}: {[t['trade_id'] for t in look.again['trades']]}"
        for look in log.looks
        if look.again is not None
        and look.again["status"] != "no_action"
        and not loss_on(log, look.household_id, look.day)
    ]


def loss_on(log: Log, household_id: str, day: date) -> bool:
    """Whether the household took a loss in a taxable account on a day."""
    kinds = {row["account_id"]: row["type"] for row in log.opening["accounts"]}
    return any(
        fill.day == day
        and fill.gain < 0
        and kinds[fill.account_id] in TAXABLE
        and log.household_of(fill.account_id) == household_id
        for fill in log.fills
    )


def causeless(log: Log, dated: Mapping[str, Iterable[date]]) -> list[str]:
    """Trades on a day on which no price moved and nothing fell due.

    `dated` are days of each household on which a rule or a model of it begins, ends or goes a step
    on. Other causes are flows near, losses of the session before (stand-ins), windows of losses
    that end, and lots that turn long-term.
    """
    found = []
    for before, day in zip(log.days, log.days[1:], strict=False):
        if log.closes[before] != log.closes[day]:
            continue
        for home in sorted({row["household_id"] for row in log.opening["households"]}):
            fills = [
                f for f in log.fills if f.day == day and log.household_of(f.account_id) == home
            ]
            if fills and not any(causes(log, home, before, day, dated.get(home, ()))):
                found.append(f"{day} {home}: {[(f.side, f.security_id) for f in fills]}")
    return found


def causes(log: Log, home: str, before: date, day: date, dated: Iterable[date]) -> Iterator[bool]:
    """Whether each kind of thing that may be a cause between two sessions is there."""
    yield any(before < each <= day for each in dated)
    yield loss_on(log, home, before)
    flows = (
        posting.flow.day
        for posting in log.postings
        if log.household_of(posting.flow.account_id) == home
    )
    yield any(before <= each <= day + NEAR for each in flows)
    for fill in log.fills:
        if fill.side == "sell" and fill.gain < 0 and log.household_of(fill.account_id) == home:
            yield before <= fill.day + WASH_DAYS < day
    for lot in log.evenings[before].lots.values():
        if log.household_of(lot.account_id) == home:
            yield before < first_long_day(lot.acquired) <= day


def wrong_payments(
    log: Log, account_id: str, expected: Sequence[tuple[str, str, str]]
) -> list[str]:
    """Flows of an account that were not made on these days: (day, kind, dollars asked for)."""
    made = [
        (f"{posting.day}", posting.flow.kind, f"{posting.flow.amount}")
        for posting in log.postings
        if posting.flow.account_id == account_id
    ]
    missing = [f"not made: {each}" for each in expected if each not in made]
    twice = [f"made twice: {each}" for each in set(made) if made.count(each) > 1]
    return missing + twice + [f"not asked for: {each}" for each in made if each not in expected]
