"""One household out of the book's tables, as plain values that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from portfolio.book.contents import Contents, Row, day_in, extra_values, flag_in, number_in
from portfolio.book.past_sales import first_known_day, past_sales_of, past_trades_of
from portfolio.book.references import split_tags
from portfolio.book.splits import BOUGHT, GIVEN
from portfolio.book.wash_links import linked_accounts
from portfolio.book.wash_records import WashRecord, wash_record
from portfolio.flows import expand
from portfolio.household import Account, Flow, Household, Lot, Model, Risk, TaxEntity
from portfolio.models import securities_in
from portfolio.risk import sliced
from portfolio.tax import in_year


def household_of(
    contents: Contents,
    household_id: str,
    frozen: Mapping[str, tuple[str, ...]],
    risk: Risk,
    also_models: Iterable[str] = (),
    also_securities: Iterable[str] = (),
    equivalents: bool = False,
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
    linked = linked_accounts(contents, entities, household_id)
    record = wash_record(contents, household_id, account_rows, linked)
    accounts = tuple(
        _account(contents, each, model_id, management, frozen, record)
        for each in sorted(account_rows, key=lambda each: each.get("account_id") or "")
    )
    linked_lots = tuple(
        lot for each in linked for lot in _lots(contents, each.get("account_id") or "", record)
    )
    named = {model_id, *(account.model_id for account in accounts), *also_models} - {""}
    models = {name: _model(contents, name) for name in sorted(named)}
    relevant = _relevant(
        contents, accounts, models.values(), linked_lots, also_securities, equivalents
    )
    latest = contents.market.latest
    return Household(
        id=household_id,
        name=row.get("name") or household_id,
        model_id=model_id,
        management=management,
        advisor=row.get("advisor"),
        tags=frozenset(split_tags(row.get("tags"))),
        attributes=extra_values(row, contents.extra.get("households", ())),
        as_of=contents.as_of,
        accounts=accounts,
        tax_entities=entities,
        securities={name: contents.securities[name] for name in relevant},
        prices={name: latest[name] for name in relevant if name in latest},
        models=models,
        constituents={name: contents.funds[name] for name in relevant if name in contents.funds},
        flows=_flows(contents, accounts),
        wash_blocks=record.blocks,
        risk=sliced(risk, relevant),
        settlement_days=contents.settlement_days,
        linked_lots=linked_lots,
        calendar=contents.calendar,
        past_sales=past_sales_of(contents, accounts),
        past_trades=past_trades_of(contents, accounts),
        known_since=first_known_day(contents, accounts),
        model_facts=contents.model_facts,
    )


def _model(contents: Contents, name: str) -> Model:
    """The model, empty where it cannot be used: every account that follows it is frozen."""
    return contents.models.get(name, Model(name, {}))


def _entities(contents: Contents, household_id: str, accounts: list[Row]) -> dict[str, TaxEntity]:
    rows = {
        row.get("tax_entity_id") or "": row
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
    extra = extra_values(row, contents.extra.get("tax_entities", ()))
    for stated in ("rate_ltcg", "rate_niit", "rate_state", "ordinary_income", "magi_other"):
        text = row.get(stated)
        if text is not None:
            extra[stated] = Decimal(text)
    entity = TaxEntity(
        id=name,
        household_id=household_id,
        filing=row.get("filing") or "single",
        rate_short=number_in(row, "rate_short"),
        rate_long=number_in(row, "rate_long"),
        rate_ordinary=number_in(row, "rate_ordinary", row.get("rate_short") or "0"),
        carry_short=number_in(row, "carry_short"),
        carry_long=number_in(row, "carry_long"),
        ytd_short=number_in(row, "ytd_short"),
        ytd_long=number_in(row, "ytd_long"),
        rate_carry=None if row.get("rate_carry") is None else number_in(row, "rate_carry"),
        state=row.get("state"),
        attributes=extra,
    )
    year = contents.tax_year or contents.as_of.year
    return in_year(entity, contents.as_of.year - year)


def _account(
    contents: Contents,
    row: Row,
    household_model: str,
    management: str,
    frozen: Mapping[str, tuple[str, ...]],
    record: WashRecord,
) -> Account:
    name = row.get("account_id") or ""
    own_model = row.get("model_id") if management == "separate" else None
    return Account(
        id=name,
        household_id=row.get("household_id") or "",
        type=row.get("type") or "",
        owner=row.get("owner") or "self",
        tax_entity_id=row.get("tax_entity_id") or "",
        model_id=own_model or household_model,
        held_away=flag_in(row, "held_away", False),
        cash=number_in(row, "cash"),
        unsettled_cash=number_in(row, "unsettled_cash"),
        custodian=row.get("custodian"),
        program=row.get("program"),
        discretionary=flag_in(row, "discretionary", True),
        fractional=flag_in(row, "fractional", False),
        tags=frozenset(split_tags(row.get("tags"))),
        lots=_lots(contents, name, record),
        attributes=extra_values(row, contents.extra.get("accounts", ())),
        frozen=frozen.get(name, ()),
    )


def _lots(contents: Contents, account_id: str, record: WashRecord) -> tuple[Lot, ...]:
    rows = contents.rows("transactions", "account_id", account_id)
    # Where two rows bring one lot, the one that makes it no purchase holds, in whatever order.
    brought = {
        row.get("lot_id") or (row.get("security_id"), row.get("date")): row
        for action in (*BOUGHT, *GIVEN)
        for row in rows
        if row.get("action") == action
    }
    lots = []
    for row in contents.rows("lots", "account_id", account_id):
        security, shares = row.get("security_id"), row.get("shares")
        if security not in contents.securities or security not in contents.market.latest:
            continue
        if shares is not None and security is not None:
            by = brought.get(row.get("lot_id") or "")
            unnamed = brought.get((security, row.get("acquired")))
            if by is None and unnamed is not None and unnamed.get("action") in BOUGHT:
                by = unnamed
            lots.append(_lot(contents, row, account_id, security, by or {}, record))
    return tuple(sorted(lots, key=lambda lot: (lot.security_id, lot.acquired, lot.id)))


def _lot(
    contents: Contents, row: Row, account_id: str, security: str, by: Row, record: WashRecord
) -> Lot:
    """The lot that a transaction (empty: none is known) brought, with what wash sales, those across
    accounts included, made of it."""
    name = row.get("lot_id") or ""
    shares = number_in(row, "shares")
    basis = number_in(row, "basis", str(shares * contents.market.latest[security]))
    used = max(number_in(row, "used_shares"), record.used.get(name, Decimal(0)))
    across = record.across.get(name)
    if across is not None:
        basis = max(basis + across.basis, Decimal(0))
    came_by = by.get("action") or ""
    return Lot(
        id=name,
        account_id=account_id,
        security_id=security,
        # An unreadable day counts as today: the account is frozen, and elsewhere in the
        # household the lot may be a recent purchase.
        acquired=day_in(row, "acquired") or contents.as_of,
        shares=shares,
        basis=basis,
        holding_from=(across and across.holding_from) or day_in(row, "holding_from"),
        order_id=row.get("order_id") or by.get("order_id"),
        used_shares=min(used, shares),
        covered=flag_in(row, "covered", True),
        pledged=flag_in(row, "pledged", False),
        attributes=extra_values(row, contents.extra.get("lots", ())),
        purchased=came_by not in GIVEN,
        came_by=came_by,
    )


def _flows(contents: Contents, accounts: Iterable[Account]) -> tuple[Flow, ...]:
    flows: list[Flow] = []
    for account in accounts:
        for row in contents.rows("flows", "account_id", account.id):
            first, amount = day_in(row, "date"), row.get("amount")
            if first is not None and amount is not None:
                flows += expand(
                    account.id,
                    first,
                    Decimal(amount),
                    row.get("recurrence"),
                    row.get("kind") or ("withdrawal" if Decimal(amount) < 0 else "deposit"),
                    day_in(row, "until"),
                    contents.as_of,
                )
    return tuple(sorted(flows, key=lambda flow: (flow.day, flow.account_id, flow.kind)))


def _relevant(
    contents: Contents,
    accounts: Iterable[Account],
    models: Iterable[Model],
    linked: Iterable[Lot],
    also: Iterable[str],
    equivalents: bool,
) -> list[str]:
    """Securities held, modelled, linked or asked for, what funds among them hold, and their
    `equivalents` if wanted; sorted."""
    named = {lot.security_id for account in accounts for lot in account.lots}
    named |= {lot.security_id for lot in linked} | (set(also) - contents.in_doubt)
    named |= {name for model in models for name in (*model.weights, *securities_in(model.places))}
    if equivalents:
        named |= contents.equivalents(name for name in named if name in contents.securities)
    named |= {inside for name in tuple(named) for inside in contents.funds.get(name, {})}
    return sorted(name for name in named if name in contents.securities)


def risk_rows(contents: Contents) -> list[str]:
    """The securities that have risk of their own: all but funds that are looked through."""
    return sorted(name for name in contents.securities if name not in contents.funds)
