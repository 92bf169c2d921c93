"""A folder in, a checked book out: read, check everything in one pass, tie findings to accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from weakref import WeakValueDictionary

from portfolio import risk
from portfolio.book.attributes import attributes_of, declared
from portfolio.book.cells import check_cells
from portfolio.book.contents import Contents
from portfolio.book.contract import MODELS, Column
from portfolio.book.draft import Draft, Notes, Reach, Subject
from portfolio.book.duplicates import check_duplicates
from portfolio.book.files import Folder, Tables, read_folder, read_table
from portfolio.book.prices import EMPTY, Market, check_prices, read_market
from portfolio.book.references import (
    check_ownership,
    check_references,
    ids,
)
from portfolio.book.risk_tables import RiskTables, read_risk_tables
from portfolio.book.rows import check_rows
from portfolio.book.settings import read_settings
from portfolio.book.snapshot import household_of, risk_rows
from portfolio.book.stated_years import check_years
from portfolio.book.targets import Models, Recipes, read_constituents, read_models
from portfolio.book.tax_history import TaxHistory, tax_history
from portfolio.book.ties import conclude, in_doubt
from portfolio.book.wash_links import linked_accounts
from portfolio.findings import Finding
from portfolio.holding import holding_start
from portfolio.household import Attribute, Household, Risk, Security
from portfolio.models import published
from portfolio.tax.events import Stated


@dataclass(frozen=True)
class Book:
    """A book, checked. Where `stopped` is true nothing may run; `findings` say why.

    `households_on_hold` (status `data_hold`) gives the findings that hold a household; accounts
    that are frozen alone carry their reasons in the snapshot (`Account.frozen`).
    """

    name: str
    as_of: date
    findings: tuple[Finding, ...]
    household_ids: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    input_hashes: Mapping[str, str]
    settlement_days: int
    calendar: str
    _contents: Contents = field(repr=False)
    _risk_tables: RiskTables | None = field(repr=False)
    _snapshots: WeakValueDictionary[str, Household] = field(
        default_factory=WeakValueDictionary, repr=False
    )
    _also_models: frozenset[str] = frozenset()
    _also_securities: frozenset[str] = frozenset()
    _equivalents: bool = False

    @property
    def stopped(self) -> bool:
        """Whether a finding is about no account in particular, so that nothing may run."""
        return any(finding.stops for finding in self.findings)

    @cached_property
    def frozen(self) -> Mapping[str, tuple[str, ...]]:
        """Accounts that may not be traded, each with its reasons (code and message)."""
        reasons: dict[str, tuple[str, ...]] = {}
        for finding in self.findings:
            for account in finding.accounts:
                reason = f"{finding.code} {finding.place}: {finding.message}"
                reasons[account] = (*reasons.get(account, ()), reason)
        return reasons

    @cached_property
    def households_on_hold(self) -> Mapping[str, tuple[Finding, ...]]:
        """Households whose value is in doubt, or none of whose accounts may be traded."""
        held: dict[str, list[Finding]] = {}
        for finding in self.findings:
            for household in finding.households:
                held.setdefault(household, []).append(finding)
        if self.frozen:
            for household in self.household_ids:
                if household not in held and self._wholly_frozen(household):
                    held[household] = self._findings_about(household)
        return {name: tuple(held[name]) for name in sorted(held)}

    def _accounts(self, household_id: str) -> list[str]:
        rows = self._contents.rows("accounts", "household_id", household_id)
        return [row.get("account_id") or "" for row in rows if row.get("held_away") != "true"]

    def _wholly_frozen(self, household_id: str) -> bool:
        accounts = self._accounts(household_id)
        return bool(accounts) and all(account in self.frozen for account in accounts)

    def _findings_about(self, household_id: str) -> list[Finding]:
        accounts = set(self._accounts(household_id))
        return [finding for finding in self.findings if accounts & set(finding.accounts)]

    @cached_property
    def risk(self) -> Risk:
        """The factor model of all securities, estimated once; raises nothing."""
        names = risk_rows(self._contents)
        classes = [self._contents.securities[name].asset_class for name in names]
        if self._risk_tables is not None:
            return self._risk_tables.model(names, classes)
        return risk.estimate(names, self._contents.market.closes_of(names), classes)

    @property
    def securities(self) -> Mapping[str, Security]:
        """Every security of the book, by id."""
        return self._contents.securities

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """The latest close of every priced security, in dollars."""
        return self._contents.market.latest

    @property
    def price_days(self) -> Mapping[str, date]:
        """The day of each security's latest close."""
        return self._contents.market.dated

    @property
    def tax_year(self) -> int:
        """The year of what the book says that taxpayers have realised; the run's at the latest."""
        return min(self._contents.tax_year or self.as_of.year, self.as_of.year)

    @property
    def model_ids(self) -> frozenset[str]:
        """Models that an account may follow."""
        return frozenset(self._contents.models)

    def with_models(self, names: Iterable[str]) -> Book:
        """The book with these models in every household's snapshot, for policies that choose them;
        names that it does not have are left out."""
        known = self.model_ids & frozenset(names)
        return replace(self._unread, _also_models=known) if known else self

    def with_securities(self, names: Iterable[str]) -> Book:
        """The book with these securities (ids or tickers) in every household's snapshot, for
        policies that name them; what it does not have is left out."""
        wanted = frozenset(names)
        also = frozenset(
            security.id
            for security in self._contents.securities.values()
            if security.id in wanted or security.ticker in wanted
        )
        return replace(self._unread, _also_securities=also) if also else self

    def with_equivalents(self) -> Book:
        """The book with the equivalence classes of what is held or modelled in every household's
        snapshot, for policies that let them stand in for each other."""
        return replace(self._unread, _equivalents=True)

    @property
    def _unread(self) -> Book:
        """The book as it was before any snapshot was built."""
        return replace(self, _snapshots=WeakValueDictionary())

    @property
    def brought_in(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """Models, securities, and whether equivalents, that policies bring into its snapshots."""
        return self._also_models, self._also_securities, self._equivalents

    def as_loaded(self) -> Book:
        """The book without what policies have brought into its snapshots."""
        none: frozenset[str] = frozenset()
        if self.brought_in == (none, none, False):
            return self
        without = replace(self, _also_models=none, _also_securities=none, _equivalents=False)
        return without._unread

    @cached_property
    def account_ids(self) -> tuple[str, ...]:
        """Every account of the book, in order."""
        return tuple(sorted(ids(self._contents.tables, "accounts")))

    def holder(self, account_id: str) -> str | None:
        """The household that an account belongs to, found without building any; None where it
        belongs to none of the book."""
        rows = self._contents.rows("accounts", "account_id", account_id)
        found = rows[0].get("household_id") if rows else None
        return found if found in self.household_ids else None

    def household(self, household_id: str) -> Household:
        """The snapshot of one household, built once for as long as somebody holds it; KeyError
        where the book has none of that id.

        A household on hold can be looked at, but not traded.
        """
        snapshot = self._snapshots.get(household_id)
        if snapshot is None:
            snapshot = self._snapshots[household_id] = household_of(
                self._contents,
                household_id,
                self.frozen,
                self.risk,
                self._also_models,
                self._also_securities,
                self._equivalents,
            )
        return snapshot

    def tax_history(self, household_id: str) -> TaxHistory:
        """What the household, and who is linked to it, bought and sold so far, as tax sees it;
        KeyError where the book has none of that id."""
        household = self.household(household_id)
        own = self._contents.rows("accounts", "household_id", household_id)
        linked = linked_accounts(self._contents, household.tax_entities, household_id)
        lots = [lot for account in household.accounts for lot in account.lots]
        stated = tuple(
            Stated(
                f"{lot.id}/today",
                self.as_of,
                lot.account_id,
                lot.security_id,
                lot.id,
                lot.shares,
                lot.basis,
                holding_start(lot),
            )
            for lot in (*lots, *household.linked_lots)
            if lot.shares > 0
        )
        return replace(tax_history(self._contents, [*own, *linked]), stated=stated)


def load_book(folder: Path, as_of: date | None = None, models: Path | None = None) -> Book:
    """Reads and checks a book whole. Raises nothing for what is wrong with it: see `findings`.

    `as_of` overrides the date in book.toml, `models` is a table to use in place of its own.
    """
    notes = Notes()
    read = read_folder(folder, notes)
    if models is not None:
        hashes = dict(read.hashes)
        table = read_table(models, MODELS, hashes, notes)
        tables = {name: found for name, found in read.tables.items() if name != "models"}
        read = Folder(read.settings, tables | ({} if table is None else {"models": table}), hashes)
    return checked_book(read, folder.name, as_of, notes)


def checked_book(read: Folder, name: str, as_of: date | None, notes: Notes) -> Book:
    """The book of tables that have been read; `name` is its name where its settings say none."""
    settings = read_settings(read.settings, name, as_of, notes)
    tables, extra = _checked(read, notes)
    day = settings.as_of or _newest_day(tables)
    market, parts, unusable, funds = _priced(tables, day, notes)
    check_rows(tables, max(day, settings.dated or day), notes)
    risk_tables = read_risk_tables(tables, notes)
    unusable = in_doubt(notes.drafts, tables) | unusable
    models = published(parts, _unpriced(parts, market, day) | unusable)
    contents = Contents(
        tables,
        extra,
        market,
        models,
        funds,
        day,
        settings.settlement_days,
        settings.calendar,
        settings.tax_year,
        frozenset(unusable),
    )
    check_years(contents, notes)
    return Book(
        settings.name,
        day,
        conclude(notes.drafts, tables, unusable),
        tuple(sorted(ids(tables, "households"))),
        attributes_of(tables, extra),
        dict(sorted(read.hashes.items())),
        settings.settlement_days,
        settings.calendar,
        contents,
        risk_tables,
    )


def _checked(read: Folder, notes: Notes) -> tuple[Tables, Mapping[str, tuple[Column, ...]]]:
    """Tables with every doubtful cell nulled, and the extra columns of each."""
    tables = dict(read.tables)
    if "schema" in tables:
        tables["schema"] = check_cells(tables["schema"], (), notes)
    extra = declared(tables, notes)
    for name, table in read.tables.items():
        if name != "schema":
            tables[name] = check_cells(table, extra.get(name, ()), notes)
    _attribute_broken_records(tables, notes)
    unreadable = frozenset(
        word for draft in notes.drafts if draft.code == "B0106" for word in _words(draft)
    )
    check_duplicates(tables, notes)
    check_references(tables, unreadable, notes)
    check_ownership(tables, notes)
    return tables, extra


def _words(draft: Draft) -> list[str]:
    return [word.strip().strip('"') for word in (draft.value or "").split(",")]


def _attribute_broken_records(tables: Tables, notes: Notes) -> None:
    """A record that could not be read belongs to the one account or household that it names."""
    kinds = {"account": ids(tables, "accounts"), "household": ids(tables, "households")}
    for position, draft in enumerate(notes.drafts):
        defines = draft.file in ("accounts.csv", "households.csv")
        if draft.code != "B0106" or draft.rows > 1 or defines:
            continue
        for kind, known in kinds.items():
            named = sorted(known.intersection(_words(draft)))
            if len(named) == 1:
                notes.drafts[position] = replace(
                    draft,
                    subjects=(Subject(kind, named[0]),),
                    reach=Reach.VALUE,
                    account_id=named[0] if kind == "account" else None,
                    household_id=named[0] if kind == "household" else None,
                )
                break


def _newest_day(tables: Tables) -> date:
    """Stands in for an as-of date that is missing: the book is stopped, but is still checked."""
    prices = tables.get("prices")
    days = [] if prices is None else [text for text in prices.texts("date") if text is not None]
    return date.fromisoformat(max(days)) if days else date(1970, 1, 1)


def _priced(
    tables: Tables, day: date, notes: Notes
) -> tuple[Market, Models, dict[str, str], Recipes]:
    """Prices, models as parts with what of them cannot be used, and funds flattened; what is held
    or modelled must have a price."""
    market = EMPTY
    funds: Recipes = {}
    models: Models = {}
    unusable: dict[str, str] = {}
    known = ids(tables, "securities") | ids(tables, "models")
    if "constituents" in tables and tables["constituents"].complete:
        funds = read_constituents(tables["constituents"], known, notes)
    if "models" in tables and tables["models"].complete:
        followed = _followed(tables)
        models, unusable = read_models(tables["models"], known, followed, day, notes)
    prices = tables.get("prices")
    if prices is not None and prices.complete:
        market = read_market(prices, day, notes)
        used, alternates = _valued(tables, models)
        check_prices(market, prices.file, used, alternates, day, notes)
    return market, models, unusable, funds


def _followed(tables: Tables) -> frozenset[str]:
    """Models that households or accounts name."""
    named = (
        tables[name].texts("model_id") for name in ("households", "accounts") if name in tables
    )
    return frozenset(model for texts in named for model in texts if model is not None)


def _valued(tables: Tables, models: Models) -> tuple[frozenset[str], frozenset[str]]:
    """(known securities that are held or components of a model, those that are only alternates)."""
    named = {part.ranked[0] for parts in models.values() for part in parts}
    if "lots" in tables:
        named |= {text for text in tables["lots"].texts("security_id") if text is not None}
    alternates = {name for parts in models.values() for part in parts for name in part.ranked}
    known = ids(tables, "securities")
    return known & named, known & (alternates - named)


def _unpriced(models: Models, market: Market, day: date) -> dict[str, str]:
    """Securities of the models without a price."""
    named = {name for parts in models.values() for part in parts for name in part.ranked}
    unpriced = sorted(named - models.keys() - market.latest.keys())
    return dict.fromkeys(unpriced, f"no price on or before {day}")
