"""What a test does not say: one place for every default, stated in docs/policy-tests.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from policydsl.trials.facts import Fact, cannot, money
from policydsl.trials.givens import MODEL, PRICE, Row, Stated
from portfolio.book.contract import BY_NAME
from portfolio.flows import settlement_days

TODAY = date(2026, 6, 15)
"""The day of a test that names none."""
HELD_FOR = timedelta(days=730)
"""How long a lot has been held whose day is not given."""
GAINED = Decimal("0.01")
"""The part of its value that a lot has gained whose basis is not given: the cost of a trade alone
then makes no loss of its sale."""
CASH = Decimal(100_000)
"""Dollars in an account of which neither cash nor holdings are given."""
WANTED = Decimal("0.1")
"""The model's weight of a security that is given and not held."""
MOST_WANTED = Decimal("0.5")

_CLASSES = {
    "stock": "Equity",
    "etf": "Equity",
    "fund": "Equity",
    "bond": "Bonds",
    "cash": "Cash",
}
_PAYER = {"filing": "joint", "rate_short": "0.40", "rate_long": "0.20", "rate_ordinary": "0.35"}

# Annual: the market's variance, exposure to it by kind, a variance shared by each sector, and what
# is left to each security.
_MARKET = "0.0256"
_SECTOR = "0.01"
_EXPOSURE = {"stock": "1", "etf": "1", "fund": "1", "bond": "0.2", "cash": "0"}
_SPECIFIC = {"stock": "0.05", "etf": "0.01", "fund": "0.01", "bond": "0.0025", "cash": "0"}


def complete(stated: Stated) -> dict[str, object]:
    """Fill in what the test does not say; returns the settings of the book."""
    if not stated.rows("securities"):
        # A book needs one; nobody holds it and no model wants it.
        put(stated, "securities", security_id="CASH", kind="cash")
    for row in stated.rows("securities"):
        _security(row)
    for row in stated.rows("tax_entities"):
        _default(row, _PAYER)
    _prices(stated)
    for row in stated.rows("households"):
        _belong(row, "households", ("household", "account", "program"), stated)
    for row in stated.rows("lots"):
        _lot(row, stated)
    for row in stated.rows("accounts"):
        _account(row, stated)
    if not stated.from_book or not any(stated.tables.get(name) for name in ("prices", "factors")):
        _risk(stated)
    _price_rows(stated)
    _models(stated)
    return {
        "as_of": stated.today,
        "name": "policy test",
        "settlement_days": settlement_days(stated.today),
    }


def put(stated: Stated, table: str, **cells: str | None) -> None:
    """One more row, of which no line of the test speaks."""
    stated.rows(table).append(Row(cells))


def _default(row: Row, cells: Mapping[str, str | None]) -> None:
    for column, text in cells.items():
        row.cells.setdefault(column, text)


def _security(row: Row) -> None:
    name = row.cells["security_id"]
    _default(row, {"ticker": name, "name": name, "kind": "stock"})
    _default(row, {"asset_class": _CLASSES.get(row.cells["kind"] or "", "Equity")})


def _account(row: Row, stated: Stated) -> None:
    own = [lot for lot in _lots(stated) if lot.cells["account_id"] == row.cells["account_id"]]
    _default(row, {"type": "taxable", "cash": "0" if own or stated.from_book else f"{CASH}"})
    _belong(row, "accounts", ("household", "account", "advisor"), stated)


def _belong(row: Row, table: str, others: tuple[str, ...], stated: Stated) -> None:
    """Whom the policy files of the test speak for, where the test does not say otherwise."""
    for layer, name in stated.owners.items():
        if layer not in others and (
            layer in BY_NAME[table].names or stated.vocabulary.get(table, layer) is not None
        ):
            _default(row, {layer: name})


def _lots(stated: Stated) -> list[Row]:
    return stated.rows("lots")


# --- prices and lots -----------------------------------------------------------------------------


def _prices(stated: Stated) -> None:
    """The latest close of every security, the book's own where it has one."""
    latest: dict[str, tuple[str, Decimal]] = {}
    for row in stated.rows("prices"):
        name, day, close = (row.cells.get(each) for each in ("security_id", "date", "close"))
        if not (name and day and close) or day > stated.today.isoformat():
            continue
        if name not in latest or day >= latest[name][0]:
            latest[name] = day, money(close)
    for row in stated.rows("securities"):
        name = row.cells["security_id"] or ""
        stated.prices.setdefault(name, latest[name][1] if name in latest else PRICE)


def _price_rows(stated: Stated) -> None:
    """Today's close of every security, in place of the book's own."""
    today = stated.today.isoformat()
    rows = stated.rows("prices")
    rows[:] = [row for row in rows if row.cells.get("date") != today]
    for name, price in stated.prices.items():
        put(stated, "prices", date=today, security_id=name, close=f"{price:f}")


def _lot(row: Row, stated: Stated) -> None:
    if "acquired" not in row.cells:
        row.cells["acquired"] = (stated.today - HELD_FOR).isoformat()
    asked = stated.asked.get(row.cells["lot_id"] or "", [])
    worth = stated.prices.get(row.cells["security_id"] or "", PRICE) * money(row.cells["shares"])
    for fact in asked:
        _work_back(fact, row, worth, stated.today)
    _default(row, {"basis": f"{worth * (1 - GAINED):f}"})


def _work_back(fact: Fact, row: Row, worth: Decimal, today: date) -> None:
    """The day or basis from which a lot's age or gain is worked out."""
    number = money(fact.text) if fact.name not in ("long_term",) else Decimal(0)
    match fact.name:
        case "age":
            row.cells["acquired"] = (today - timedelta(days=int(number))).isoformat()
        case "long_term":
            days = 730 if fact.text == "true" else 100
            row.cells["acquired"] = (today - timedelta(days=days)).isoformat()
        case "gain" | "loss":
            basis = worth - number if fact.name == "gain" else worth + number
            if basis < 0:
                raise cannot(fact.span, f"the lot is worth ${worth:,.2f}", "no basis gives this")
            row.cells["basis"] = f"{basis:f}"
        case "gain_percent":
            if number <= -1:
                raise cannot(fact.span, "more than all of the basis cannot be lost")
            row.cells["basis"] = f"{worth / (1 + number):.2f}"


# --- models --------------------------------------------------------------------------------------


def _models(stated: Stated) -> None:
    """The model of everybody who has none: the stated weights, or what is held today."""
    named = any(row.cells["model_id"] == MODEL for row in stated.rows("models"))
    for household in stated.rows("households"):
        accounts = [
            row
            for row in stated.rows("accounts")
            if row.cells["household_id"] == household.cells["household_id"]
        ]
        joint = household.cells.get("management") == "joint"
        if household.cells.get("model_id") is None:
            household.cells["model_id"] = MODEL
            if not named:
                name = f"{MODEL}-{household.cells['household_id']}"
                household.cells["model_id"] = name
                _as_held(name, accounts, stated)
                if not joint:
                    for account in accounts:
                        _own_model(account, stated)


def _own_model(account: Row, stated: Stated) -> None:
    if account.cells.get("model_id") is None:
        name = f"{MODEL}-{account.cells['account_id']}"
        account.cells["model_id"] = name
        _as_held(name, [account], stated)


def _as_held(model: str, accounts: list[Row], stated: Stated) -> None:
    """What the accounts hold, and a part of it for every security that nobody holds."""
    ids = {row.cells["account_id"] for row in accounts}
    worth: dict[str, Decimal] = {}
    for lot in stated.rows("lots"):
        if lot.cells["account_id"] in ids:
            name = lot.cells["security_id"] or ""
            worth.setdefault(name, Decimal(0))
            worth[name] += stated.prices.get(name, PRICE) * money(lot.cells["shares"])
    cash = sum((money(row.cells.get("cash")) for row in accounts), Decimal(0))
    total = sum(worth.values(), Decimal(0)) + cash
    wanted = [] if stated.from_book else _unheld(stated)
    each = min(WANTED, MOST_WANTED / len(wanted)) if wanted else Decimal(0)
    kept = 1 - each * len(wanted)
    weights = {name: kept * dollars / total for name, dollars in worth.items()} if total > 0 else {}
    weights |= dict.fromkeys(wanted, each)
    for name, weight in weights.items():
        put(stated, "models", model_id=model, component=name, weight=f"{weight:.12f}")
    if not weights:
        # A model needs a component; without weight it asks for nothing but cash.
        first = stated.rows("securities")[0].cells["security_id"]
        put(stated, "models", model_id=model, component=first, weight="0")


def _unheld(stated: Stated) -> list[str]:
    """Securities that are given and that no account holds, nor a fund alone."""
    held = {lot.cells["security_id"] for lot in stated.rows("lots")}
    inside = {row.cells["security_id"] for row in stated.rows("constituents")}
    names = [row.cells["security_id"] or "" for row in stated.rows("securities")]
    kinds = {row.cells["security_id"]: row.cells["kind"] for row in stated.rows("securities")}
    return [name for name in names if name not in held | inside and kinds[name] != "cash"]


# --- risk ----------------------------------------------------------------------------------------


def _risk(stated: Stated) -> None:
    """A market, a factor for each sector, and a part of its own for every security."""
    securities = stated.rows("securities")
    sectors = sorted({row.cells.get("sector") or "" for row in securities} - {""})
    factors = {"market": _MARKET, **{f"sector {name}": _SECTOR for name in sectors}}
    for name, variance in factors.items():
        put(stated, "factors", factor_a=name, factor_b=name, covariance=variance)
    for row in securities:
        name, kind = row.cells["security_id"] or "", row.cells["kind"] or ""
        exposed = {"market": _EXPOSURE.get(kind, "1")}
        if row.cells.get("sector"):
            exposed[f"sector {row.cells['sector']}"] = "1"
        for factor, exposure in exposed.items():
            put(stated, "exposures", security_id=name, factor=factor, exposure=exposure)
        put(stated, "specific", security_id=name, variance=_SPECIFIC.get(kind, "0.05"))
