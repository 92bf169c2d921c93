"""One household out of the book's tables, as plain values that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from portfolio.book.attributes import as_value
from portfolio.book.contract import Column
from portfolio.book.prices import Market
from portfolio.book.references import Tables, split_tags
from portfolio.book.targets import Recipes
from portfolio.flows import expand
from portfolio.household import (
    Account,
    Flow,
    Household,
    Lot,
    Model,
    Risk,
    Security,
    TaxEntity,
    Value,
    WashBlock,
)
from portfolio.risk import sliced
from portfolio.wash import UNLIMITED, WINDOW, LossSale, Purchase, blocks_in_force, match

Row = Mapping[str, str | None]
Extra = Mapping[str, tuple[Column, ...]]

_TAXABLE = ("taxable", "trust")
_BOUGHT = ("buy", "reinvest", "vest")
_GIVEN = ("gift_in", "inherit", "transfer_in")


@dataclass(frozen=True)
class Contents:
    """Everything that was read from a book, checked, with an index from owners to rows."""

    tables: Tables
    extra: Extra
    market: Market
    models: Recipes
    funds: Recipes
    as_of: date
    settlement_days: int
    calendar: str
    _rows: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict, repr=False)

    def rows(self, table: str, column: str, name: str) -> list[Row]:
        """The rows of `table` whose `column` is `name`, in file order."""
        read = self.tables.get(table)
        if read is None or column not in read.columns:
            return []
        if (table, column) not in self._rows:
            self._rows[table, column] = _index(read.columns[column])
        at = self._rows[table, column].get(name, [])
        columns = {
            each: values.take(pa.array(at, pa.int64())) for each, values in read.columns.items()
        }
        listed = {each: values.to_pylist() for each, values in columns.items()}
        return [{each: listed[each][i] for each in listed} for i in range(len(at))]

    @cached_property
    def securities(self) -> Mapping[str, Security]:
        """All securities by id. Where a doubtful cell was nulled, a plain value stands in: every
        account that depends on it is frozen."""
        table = self.tables.get("securities")
        if table is None or "security_id" not in table.columns:
            return {}
        lists = {name: table.texts(name) for name in table.columns}
        found = {}
        for at in range(table.rows):
            row = {name: lists[name][at] for name in lists}
            if row["security_id"] is not None:
                found[row["security_id"]] = self._security(row["security_id"], row)
        return found

    def _security(self, name: str, row: Row) -> Security:
        attributes = _attributes(row, self.extra.get("securities", ()))
        for code in ("cusip", "isin", "figi"):
            text = row.get(code)
            if text is not None:
                attributes[code] = text
        return Security(
            id=name,
            ticker=row.get("ticker") or name,
            name=row.get("name") or name,
            kind=row.get("kind") or "stock",
            asset_class=row.get("asset_class") or "",
            sector=row.get("sector"),
            industry=row.get("industry"),
            country=row.get("country"),
            issuer=row.get("issuer") or name,
            dividend_yield=_number(row, "yield"),
            wash_group=row.get("wash_group") or name,
            equivalence_class=row.get("equivalence_class") or name,
            share_increment=_number(row, "share_increment", "1"),
            tags=frozenset(split_tags(row.get("tags"))),
            attributes=attributes,
        )


def _index(column: pa.Array) -> dict[str, list[int]]:
    encoded = pc.dictionary_encode(column)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    names = encoded.dictionary.to_pylist()
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    return {
        name: order[starts[code] : starts[code + 1]].tolist() for code, name in enumerate(names)
    }


def _number(row: Row, name: str, empty: str = "0") -> Decimal:
    return Decimal(row.get(name) or empty)


def _day(row: Row, name: str) -> date | None:
    text = row.get(name)
    return None if text is None else date.fromisoformat(text)


def _flag(row: Row, name: str, empty: bool) -> bool:
    text = row.get(name)
    return empty if text is None else text == "true"


def _attributes(row: Row, extra: Iterable[Column]) -> dict[str, Value]:
    typed = ((column.name, column.cell, row.get(column.name)) for column in extra)
    return {name: as_value(cell, text) for name, cell, text in typed if text is not None}


def household_of(
    contents: Contents, household_id: str, frozen: Mapping[str, tuple[str, ...]], risk: Risk
) -> Household:
    """The snapshot of one household (KeyError where there is none); `frozen` gives reasons by
    account.

    What cannot be valued (an unknown security, a position without price or shares) is left out:
    its household is on hold.
    """
    found = contents.rows("households", "household_id", household_id)
    if not found:
        raise KeyError(household_id)
    row = found[0]
    model_id = row.get("model_id") or ""
    management = row.get("management") or "separate"
    account_rows = contents.rows("accounts", "household_id", household_id)
    entities = _entities(contents, household_id, account_rows)
    linked = _linked_accounts(contents, entities.values(), household_id)
    blocks, used = _wash(contents, household_id, account_rows, linked)
    accounts = tuple(
        _account(contents, each, model_id, management, frozen, used)
        for each in sorted(account_rows, key=lambda each: each["account_id"] or "")
    )
    linked_lots = tuple(
        lot for each in linked for lot in _lots(contents, each["account_id"] or "", used)
    )
    named = {model_id, *(account.model_id for account in accounts)} - {""}
    models = {name: Model(name, contents.models.get(name, {})) for name in sorted(named)}
    relevant = _relevant(contents, accounts, models.values(), linked_lots)
    latest = contents.market.latest
    return Household(
        id=household_id,
        name=row.get("name") or household_id,
        model_id=model_id,
        management=management,
        advisor=row.get("advisor"),
        tags=frozenset(split_tags(row.get("tags"))),
        attributes=_attributes(row, contents.extra.get("households", ())),
        as_of=contents.as_of,
        accounts=accounts,
        tax_entities=entities,
        securities={name: contents.securities[name] for name in relevant},
        prices={name: latest[name] for name in relevant if name in latest},
        models=models,
        constituents={name: contents.funds[name] for name in relevant if name in contents.funds},
        flows=_flows(contents, accounts),
        wash_blocks=blocks,
        risk=sliced(risk, relevant),
        settlement_days=contents.settlement_days,
        linked_lots=linked_lots,
        calendar=contents.calendar,
    )


def _entities(contents: Contents, household_id: str, accounts: list[Row]) -> dict[str, TaxEntity]:
    rows = {
        row["tax_entity_id"] or "": row
        for row in contents.rows("tax_entities", "household_id", household_id)
    }
    for account in accounts:
        name = account.get("tax_entity_id") or ""
        if name not in rows:
            # An account of an unknown or foreign taxpayer is frozen: it realises nothing, but
            # whoever looks up its taxpayer finds one, without rates.
            rows[name] = {"tax_entity_id": name}
    return {name: _entity(contents, name, household_id, rows[name]) for name in sorted(rows)}


def _entity(contents: Contents, name: str, household_id: str, row: Row) -> TaxEntity:
    extra = _attributes(row, contents.extra.get("tax_entities", ()))
    for stated in ("rate_ltcg", "rate_niit", "rate_state", "ordinary_income", "magi_other"):
        text = row.get(stated)
        if text is not None:
            extra[stated] = Decimal(text)
    return TaxEntity(
        id=name,
        household_id=household_id,
        filing=row.get("filing") or "single",
        rate_short=_number(row, "rate_short"),
        rate_long=_number(row, "rate_long"),
        rate_ordinary=_number(row, "rate_ordinary", row.get("rate_short") or "0"),
        carry_short=_number(row, "carry_short"),
        carry_long=_number(row, "carry_long"),
        ytd_short=_number(row, "ytd_short"),
        ytd_long=_number(row, "ytd_long"),
        rate_carry=_number(row, "rate_carry"),
        state=row.get("state"),
        attributes=extra,
    )


def _linked_accounts(
    contents: Contents, entities: Iterable[TaxEntity], household_id: str
) -> list[Row]:
    """Accounts of other households whose tax entity is linked to one of these, either way."""
    table = contents.tables.get("tax_entities")
    if table is None or "wash_linked_to" not in table.columns:
        return []
    own = {entity.id for entity in entities}
    linked: set[str] = set()
    pairs = zip(table.texts("tax_entity_id"), table.texts("wash_linked_to"), strict=True)
    for name, text in pairs:
        others = set(split_tags(text))
        if name in own:
            linked |= others
        elif name is not None and others & own:
            linked.add(name)
    rows = [
        row
        for name in sorted(linked - own)
        for row in contents.rows("accounts", "tax_entity_id", name)
    ]
    return [row for row in rows if row.get("household_id") != household_id]


def _account(
    contents: Contents,
    row: Row,
    household_model: str,
    management: str,
    frozen: Mapping[str, tuple[str, ...]],
    used: Mapping[str, Decimal],
) -> Account:
    name = row["account_id"] or ""
    own_model = row.get("model_id") if management == "separate" else None
    return Account(
        id=name,
        household_id=row.get("household_id") or "",
        type=row.get("type") or "",
        owner=row.get("owner") or "self",
        tax_entity_id=row.get("tax_entity_id") or "",
        model_id=own_model or household_model,
        held_away=_flag(row, "held_away", False),
        cash=_number(row, "cash"),
        unsettled_cash=_number(row, "unsettled_cash"),
        custodian=row.get("custodian"),
        program=row.get("program"),
        discretionary=_flag(row, "discretionary", True),
        fractional=_flag(row, "fractional", False),
        tags=frozenset(split_tags(row.get("tags"))),
        lots=_lots(contents, name, used),
        attributes=_attributes(row, contents.extra.get("accounts", ())),
        frozen=frozen.get(name, ()),
    )


def _lots(contents: Contents, account_id: str, used: Mapping[str, Decimal]) -> tuple[Lot, ...]:
    given = {
        row.get("lot_id")
        for row in contents.rows("transactions", "account_id", account_id)
        if row.get("action") in _GIVEN
    }
    lots = []
    for row in contents.rows("lots", "account_id", account_id):
        security, shares = row.get("security_id"), row.get("shares")
        if security not in contents.securities or security not in contents.market.latest:
            continue
        if shares is not None and security is not None:
            lot = _lot(contents, row, account_id, security)
            lots.append(
                replace(
                    lot,
                    used_shares=min(max(lot.used_shares, used.get(lot.id, Decimal(0))), lot.shares),
                    purchased=lot.id not in given,
                )
            )
    return tuple(sorted(lots, key=lambda lot: (lot.security_id, lot.acquired, lot.id)))


def _lot(contents: Contents, row: Row, account_id: str, security: str) -> Lot:
    shares = _number(row, "shares")
    value = shares * contents.market.latest[security]
    return Lot(
        id=row.get("lot_id") or "",
        account_id=account_id,
        security_id=security,
        # An unreadable day counts as today: the account is frozen, and elsewhere in the
        # household the lot may be a recent purchase.
        acquired=_day(row, "acquired") or contents.as_of,
        shares=shares,
        basis=_number(row, "basis", str(value)),
        holding_from=_day(row, "holding_from"),
        order_id=row.get("order_id"),
        used_shares=_number(row, "used_shares"),
        covered=_flag(row, "covered", True),
        pledged=_flag(row, "pledged", False),
        attributes=_attributes(row, contents.extra.get("lots", ())),
    )


def _wash(
    contents: Contents, household_id: str, accounts: list[Row], linked: list[Row]
) -> tuple[tuple[WashBlock, ...], dict[str, Decimal]]:
    """(blocks in force, shares by lot that have replaced an earlier loss sale)."""
    sales: list[LossSale] = []
    purchases: list[Purchase] = []
    for account in (*accounts, *linked):
        name = account.get("account_id") or ""
        taxable = account.get("type") in _TAXABLE
        held = {
            row.get("lot_id"): _number(row, "shares")
            for row in contents.rows("lots", "account_id", name)
        }
        for row in contents.rows("transactions", "account_id", name):
            if row.get("action") == "sell" and taxable:
                sales += _loss_sale(contents, row)
            elif row.get("action") in _BOUGHT:
                purchases += _purchase(contents, row, held)
    unreplaced, used = match(sales, purchases)
    households = [household_id, *sorted({row.get("household_id") or "" for row in linked})]
    blocks = [
        _block(contents, row)
        for each in households
        for row in contents.rows("wash_blocks", "household_id", each)
    ]
    return blocks_in_force(blocks, unreplaced, contents.as_of), used


def _loss_sale(contents: Contents, row: Row) -> list[LossSale]:
    """A sale at a loss. What cannot be read, and a gain that is not given, count as a loss today:
    the cautious side for every purchase of the household."""
    security = contents.securities.get(row.get("security_id") or "")
    text = row.get("realized_gain")
    shares = _number(row, "shares", str(UNLIMITED))
    if security is None or shares == 0 or (text is not None and Decimal(text) >= 0):
        return []
    loss = Decimal(0) if text is None else -Decimal(text) / shares
    day = _day(row, "date") or contents.as_of
    return [LossSale(day, security.wash_group, shares, loss, row.get("lot_id"))]


def _purchase(contents: Contents, row: Row, held: Mapping[str | None, Decimal]) -> list[Purchase]:
    security = contents.securities.get(row.get("security_id") or "")
    day, shares, lot = _day(row, "date"), row.get("shares"), row.get("lot_id")
    if security is None or day is None or shares is None:
        return []
    left = held.get(lot, Decimal(0)) if lot is not None else Decimal(0)
    return [Purchase(day, security.wash_group, Decimal(shares), left, lot)]


def _block(contents: Contents, row: Row) -> WashBlock:
    return WashBlock(
        wash_group=row.get("wash_group") or "",
        until=_day(row, "until") or contents.as_of + WINDOW,
        shares=_number(row, "shares", str(UNLIMITED)),
        loss_per_share=_number(row, "loss_per_share"),
        source="wash_blocks",
    )


def _flows(contents: Contents, accounts: Iterable[Account]) -> tuple[Flow, ...]:
    flows: list[Flow] = []
    for account in accounts:
        for row in contents.rows("flows", "account_id", account.id):
            first, amount = _day(row, "date"), row.get("amount")
            if first is not None and amount is not None:
                flows += expand(
                    account.id,
                    first,
                    Decimal(amount),
                    row.get("recurrence"),
                    row.get("kind") or ("withdrawal" if Decimal(amount) < 0 else "deposit"),
                    _day(row, "until"),
                    contents.as_of,
                )
    return tuple(sorted(flows, key=lambda flow: (flow.day, flow.account_id, flow.kind)))


def _relevant(
    contents: Contents,
    accounts: Iterable[Account],
    models: Iterable[Model],
    linked: Iterable[Lot],
) -> list[str]:
    """Securities held, modelled or linked, and what the funds among them hold; sorted."""
    named = {lot.security_id for account in accounts for lot in account.lots}
    named |= {lot.security_id for lot in linked}
    named |= {name for model in models for name in model.weights}
    named |= {inside for name in tuple(named) for inside in contents.funds.get(name, {})}
    return sorted(name for name in named if name in contents.securities)


def risk_rows(contents: Contents) -> list[str]:
    """The securities that have risk of their own: all but funds that are looked through."""
    return sorted(name for name in contents.securities if name not in contents.funds)
