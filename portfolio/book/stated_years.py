"""Whether what the book says a taxpayer has realised this year is what its transactions come to.

`ytd_short` and `ytd_long` are after wash sales, every sale included. Custodians leave out what they
cannot see, purchases in other accounts first of all (Treas. Reg. 1.6045-1(d)(6)(iii)); the taxpayer
owes it all the same (26 USC 1091(a)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portfolio.book.contents import Contents
from portfolio.book.draft import WHOLE_BOOK, Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable
from portfolio.book.references import split_tags
from portfolio.book.splits import BOUGHT
from portfolio.book.tax_history import tax_history
from portfolio.book.wash_links import linked_accounts
from portfolio.household import TAXABLE
from portfolio.tax.events import Purchase
from portfolio.tax.ledger import YearToDate, year_to_date
from portfolio.tax.positions import HistoryError
from portfolio.tax.results import Outcome
from portfolio.tax.wash_sales import WINDOW

FIRST_WEEK = 7
"""A book whose first transaction is in the first week of January knows of the whole year: markets
are closed on the first day, and not everybody trades on the second."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Sale:
    """A row of a sale of this year in a taxable account; `gain` is None where term or gain are not
    known."""

    household: str
    entity: str
    group: str
    day: date
    term: str | None
    gain: Decimal | None


@dataclass(frozen=True, slots=True)
class _Year:
    """A household's year as replayed: by taxpayer, and the wash sales in it, in words, with the
    taxpayer, the column that they are in, and dollars."""

    entities: Mapping[str, YearToDate]
    washed: tuple[tuple[str, str, Decimal, str], ...]


def check_years(contents: Contents, notes: Notes) -> None:
    """Notes a taxpayer whose stated year differs from that of the history by a cent or more, where
    the transactions reach back to the first day of the year and can all be told: nothing else is
    wrong with the book, the household, its accounts or the taxpayer."""
    doubtful = notes.subjects()
    table, rows = contents.tables.get("tax_entities"), contents.tables.get("transactions")
    if table is None or rows is None or WHOLE_BOOK in doubtful:
        return
    if contents.tax_year != contents.as_of.year:
        return
    first = pc.min(rows.columns["date"]).as_py() if "date" in rows.columns else None
    if first is None or first > date(contents.as_of.year, 1, FIRST_WEEK).isoformat():
        return
    sales = list(_sales(contents, rows))
    washed = _perhaps_washed(contents, rows, sales)
    years: dict[str, _Year | None] = {}
    names = ("tax_entity_id", "household_id", "ytd_short", "ytd_long", "wash_linked_to")
    stated = zip(*(table.texts(name) for name in names), strict=True)
    for row, (entity, household, short, long, linked) in enumerate(stated):
        if entity is None or household is None or short is None or long is None:
            continue
        if _doubted(contents, entity, household, doubtful):
            continue
        own = [sale for sale in sales if sale.entity == entity]
        known = {"short": Decimal(short), "long": Decimal(long)}
        if household in washed or split_tags(linked) or not _agree(own, known):
            if household not in years:
                groups = {sale.group for sale in sales if sale.household == household}
                years[household] = _replayed(contents, household, groups)
            year = years[household]
            if year is not None:
                _compare(table, row, entity, household, known, year, notes)


def _doubted(contents: Contents, entity: str, household: str, doubtful: frozenset[Subject]) -> bool:
    if not doubtful:
        return False
    accounts = contents.rows("accounts", "household_id", household)
    own = {
        Subject(kind, row.get(f"{kind}_id") or "")
        for row in accounts
        for kind in ("account", "tax_entity")
    }
    return bool(doubtful & {Subject("household", household), Subject("tax_entity", entity), *own})


# --- what may differ -----------------------------------------------------------------------------


def _agree(sales: Iterable[_Sale], stated: Mapping[str, Decimal]) -> bool:
    """Whether the gains of the rows alone add up to what is stated."""
    sums = dict.fromkeys(stated, Decimal(0))
    for sale in sales:
        if sale.gain is None or sale.term is None:
            return False
        sums[sale.term] += sale.gain
    return all(abs(sums[term] - stated[term]) < _CENT for term in stated)


def _sales(contents: Contents, rows: TextTable) -> Iterator[_Sale]:
    holders = _holders(contents)
    year = f"{contents.as_of.year}-"
    names = ("account_id", "security_id", "date", "term", "realized_gain")
    for account, security, day, term, gain in _chosen(rows, ("sell",), names):
        household, entity, taxable = holders.get(account or "", ("", "", False))
        if taxable and security is not None and day is not None and day.startswith(year):
            group = _group(contents, security)
            number = None if gain is None else Decimal(gain)
            yield _Sale(household, entity, group, date.fromisoformat(day), term, number)


def _holders(contents: Contents) -> Mapping[str, tuple[str, str, bool]]:
    """By account: its household, its taxpayer, and whether its gains are taxed."""
    table = contents.tables.get("accounts")
    if table is None:
        return {}
    names = ("account_id", "household_id", "tax_entity_id", "type")
    return {
        account: (household or "", entity or "", kind in TAXABLE)
        for account, household, entity, kind in zip(*map(table.texts, names), strict=True)
        if account is not None
    }


def _perhaps_washed(contents: Contents, rows: TextTable, sales: Iterable[_Sale]) -> set[str]:
    """Households that bought something of a wash group within 30 days of a loss in it."""
    holders = _holders(contents)
    losses: dict[tuple[str, str], list[date]] = {}
    for sale in sales:
        if sale.gain is None or sale.gain < 0:
            losses.setdefault((sale.household, sale.group), []).append(sale.day)
    names = ("account_id", "security_id", "date")
    bought = [*_chosen(rows, BOUGHT, names), *_recent_lots(contents)] if losses else []
    return {
        key[0]
        for account, security, day in bought
        if day is not None
        for key in [(holders.get(account or "", ("",))[0], _group(contents, security or ""))]
        if any(abs(date.fromisoformat(day) - sold) <= WINDOW for sold in losses.get(key, ()))
    }


def _recent_lots(contents: Contents) -> Iterator[tuple[str | None, ...]]:
    """Lots acquired since the window before the first day of the year."""
    table = contents.tables.get("lots")
    if table is None or "acquired" not in table.columns:
        return
    since = (date(contents.as_of.year, 1, 1) - timedelta(days=WINDOW.days)).isoformat()
    recent = pc.fill_null(pc.greater_equal(table.columns["acquired"], since), False)
    yield from _at(table, recent, ("account_id", "security_id", "acquired"))


def _chosen(
    rows: TextTable, actions: Iterable[str], names: Iterable[str]
) -> Iterator[tuple[str | None, ...]]:
    if "action" in rows.columns:
        wanted = pc.is_in(rows.columns["action"], value_set=pa.array(list(actions), pa.string()))
        yield from _at(rows, wanted, names)


def _at(
    table: TextTable, wanted: pa.BooleanArray, names: Iterable[str]
) -> Iterator[tuple[str | None, ...]]:
    at = np.flatnonzero(wanted.to_numpy(zero_copy_only=False)).tolist()
    texts = [table.texts(name) for name in names]
    return (tuple(text[i] for text in texts) for i in at)


def _group(contents: Contents, security: str) -> str:
    known = contents.securities.get(security)
    return security if known is None else known.wash_group


# --- what does -----------------------------------------------------------------------------------


def _replayed(contents: Contents, household: str, groups: set[str]) -> _Year | None:
    """None where the history cannot be told, or says what cannot have happened."""
    own = contents.rows("accounts", "household_id", household)
    entities = [row.get("tax_entity_id") or "" for row in own]
    accounts = [*own, *linked_accounts(contents, entities, household)]
    history = tax_history(contents, accounts, groups)
    terms = (row.get("term") or row.get("lot_id") for row in history.records.values())
    if history.untold or not all(terms):
        return None
    try:
        outcome = history.outcome()
    except HistoryError:
        return None
    entity_of = {row.get("account_id") or "": row.get("tax_entity_id") or "" for row in accounts}
    account_of = {lot.id: lot.account_id for lot in history.opening}
    bought = {event.id: event for event in history.events if isinstance(event, Purchase)}
    account_of |= {name: event.account_id for name, event in bought.items()}
    days = {lot.id: lot.acquired for lot in history.opening}
    days |= {name: event.day for name, event in bought.items()}
    washed = _washed(outcome, contents, account_of, days, entity_of)
    return _Year(year_to_date(outcome.realised, entity_of, contents.as_of), tuple(washed))


def _washed(
    outcome: Outcome,
    contents: Contents,
    account_of: Mapping[str, str],
    days: Mapping[str, date],
    entity_of: Mapping[str, str],
) -> Iterator[tuple[str, str, Decimal, str]]:
    rows = {(row.sale_id, row.lot_id): row for row in outcome.realised}
    for match in outcome.matches:
        row = rows[match.sale_id, match.loss_lot_id]
        security = contents.securities.get(row.security_id)
        name = row.security_id if security is None else security.ticker
        text = (
            f"{match.shares:f} of {name} sold at a loss in {row.account_id} on {row.day} were "
            f"replaced by shares bought in {account_of[match.replacement_lot_id]} on "
            f"{days[match.replacement_lot_id]}: {_usd(match.amount)} is disallowed"
        )
        column = "ytd_long" if row.long_term else "ytd_short"
        yield entity_of[row.account_id], column, match.amount, text


def _compare(
    table: TextTable,
    row: int,
    entity: str,
    household: str,
    stated: Mapping[str, Decimal],
    year: _Year,
    notes: Notes,
) -> None:
    found = year.entities.get(entity, YearToDate())
    for term, computed in (("short", found.short), ("long", found.long)):
        column, missing = f"ytd_{term}", computed - stated[term]
        if abs(missing) < _CENT:
            continue
        mine = [each for each in year.washed if each[:2] == (entity, column)]
        exact = [each for each in mine if abs(each[2] - missing) < _CENT]
        if not exact and abs(sum((each[2] for each in mine), Decimal(0)) - missing) < _CENT:
            exact = mine
        said = f"{entity} states {_usd(stated[term])}, its transactions come to {_usd(computed)}"
        why = "".join(f"; {each[3]}" for each in exact)
        notes.add(
            Draft(
                "B0604",
                table.file,
                f"{said}, a difference of {_usd(missing)}{why}",
                "what the sales of the year come to after wash sales",
                row=row,
                column=column,
                value=table.texts(column)[row],
                subjects=(),
                reach=Reach.NOTHING,
                household_id=household,
            )
        )


def _usd(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"
