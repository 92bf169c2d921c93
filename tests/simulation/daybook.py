"""Day after day: the evening's book, the product's proposals, fills at the close, flows.

The product is entered where its users do: a book folder, a policy folder and the run before in, a
run folder out. Payments and deposits are made on the days that the product's own reading of the
book and the policy names, so that a day it gets wrong shows as a payment on a wrong day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from compiler.schedules import with_schedules
from policydsl.document import Document
from policydsl.inputs import policy_of, read_inputs
from policydsl.rebalance import documents, outcomes, write_run
from policydsl.record.folder import fresh_folder
from policydsl.record.waiting import Waiting
from portfolio.book import load_book
from portfolio.household import Flow, Household
from portfolio.sessions import sessions_from
from tests.simulation.custodian import Custodian, Fill, Posting, Row, TaxLot, rows_of
from tests.simulation.market import Closes, walk

Proposed = tuple[Household, Document]
"""A household as its policy has it read, and what is proposed for it."""


@dataclass(frozen=True)
class Look:
    """What the product said of a household on an evening. `flows` are those it sees coming;
    `again` is what it says once today's trades are done (None: there were none)."""

    day: date
    household_id: str
    status: str
    findings: tuple[str, ...]
    flows: tuple[Flow, ...]
    document: Document
    again: Document | None = None


@dataclass(frozen=True)
class Evening:
    """A custodian's books after a day: settled and unsettled dollars by account, and lots;
    `settles` is when the day's orders do."""

    settles: date
    cash: dict[str, Decimal]
    unsettled: dict[str, Decimal]
    lots: dict[str, TaxLot]


@dataclass
class Log:
    """Everything that happened, in order. `opening` is the book as it was before the first day;
    books and runs of each day are under `away`."""

    opening: dict[str, list[Row]]
    closes: Closes
    away: Path
    looks: list[Look] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    evenings: dict[date, Evening] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        return list(self.closes)

    def household_of(self, account_id: str) -> str:
        rows = self.opening["accounts"]
        return next(r["household_id"] for r in rows if r["account_id"] == account_id)


def sessions(first: date, last: date) -> list[date]:
    """Every session of the exchange between two days, both included."""
    days = [sessions_from(sessions_from(first, -1), 1)]
    while (day := sessions_from(days[-1], 1)) <= last:
        days.append(day)
    return days


def simulate(
    opening: Path,
    policies: Path,
    away: Path,
    days: Sequence[date],
    seed: int,
    only: Sequence[str] = (),
) -> Log:
    """Live through `days` from an opening book, with every household or `only` some; books and
    runs are written under `away`, a folder a day."""
    custodian = Custodian(opening)
    tables = {name: list(rows) for name, rows in custodian.tables.items()}
    closes = walk(load_book(opening), tables.get("constituents", ()), days, seed)
    log = Log(tables, closes, away)
    before: Path | None = None
    late: list[Flow] = []
    for day in days:
        custodian.open(day)
        log.postings += [custodian.post(flow) for flow in late]
        here = away / f"{day}"
        custodian.write(here / "book", closes[day])
        found = proposed(here / "book", policies, here / "run", before, only)
        fills = custodian.fill(rows_of(here / "run" / "trades.csv"), closes[day])
        again = second_look(custodian, closes, policies, here, fills)
        now, late = _flows(found, day)
        log.fills += fills
        log.postings += [custodian.post(flow) for flow in now]
        log.looks += [_look(day, each, again) for each in found]
        log.evenings[day] = Evening(
            custodian.settles,
            dict(custodian.cash),
            {name: custodian.unsettled(name) for name in custodian.cash},
            dict(custodian.lots),
        )
        before = here / "run"
    return log


def proposed(
    book: Path, policies: Path, run: Path, before: Path | None, only: Iterable[str] = ()
) -> list[Proposed]:
    """`policydsl rebalance --book BOOK --after BEFORE -o RUN`, without the command line."""
    inputs = read_inputs(book, policies, state=before and before / "state.json")
    assert not inputs.book.stopped, inputs.book.findings
    ids = sorted(only) or inputs.book.household_ids
    with Waiting() as waiting:
        done = outcomes(inputs, ids, waiting)
        write_run(fresh_folder(run), inputs, done, {"households": sorted(only)}, 0.0)
        found = list(documents(done))
    households = [inputs.book.household(name) for name in ids]
    read = [with_schedules(each, policy_of(inputs, each)) for each in households]
    return list(zip(read, found, strict=True))


def second_look(
    custodian: Custodian, closes: Closes, policies: Path, here: Path, fills: Sequence[Fill]
) -> dict[str, Document]:
    """What the product says of the households that traded, had it looked a moment later."""
    owner = {r["account_id"]: r["household_id"] for r in custodian.tables["accounts"]}
    traded = {owner[fill.account_id] for fill in fills}
    if not traded:
        return {}
    custodian.write(here / "again", closes[custodian.day])
    done = proposed(here / "again", policies, here / "second", here / "run", traded)
    return {household.id: document for household, document in done}


def _flows(found: Sequence[Proposed], day: date) -> tuple[list[Flow], list[Flow]]:
    """The flows of today and of closed days up to the next session: what leaves is paid by the
    session before, what enters is there on the session after (second list)."""
    after = sessions_from(day, 1)
    flows = [flow for household, _ in found for flow in household.flows if flow.day < after]
    now = [flow for flow in flows if flow.day == day or flow.amount < 0]
    # What enters is booked before what leaves on the same day.
    now.sort(key=lambda flow: flow.amount < 0)
    return now, [flow for flow in flows if flow not in now]


def _look(day: date, proposed: Proposed, again: dict[str, Document]) -> Look:
    household, document = proposed
    return Look(
        day,
        household.id,
        document["status"],
        tuple(document["findings"]),
        household.flows,
        document,
        again.get(household.id),
    )
