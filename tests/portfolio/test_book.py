"""A sound book: what a household's snapshot says, in CSV and in Parquet, and what is published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from portfolio.book import Book, book_schema, contract_page, load_book
from portfolio.book.contract import TABLES
from portfolio.findings import FindingSeverity
from portfolio.household import AttributeType, Household

D = Decimal
Golden = Callable[[Path, str], None]


def same(one: Household, other: Household) -> bool:
    """Equality that looks into the arrays of risk."""
    names = [field.name for field in fields(one) if field.compare and field.name != "risk"]
    plain = all(getattr(one, name) == getattr(other, name) for name in names)
    return plain and np.array_equal(one.risk.loadings, other.risk.loadings)


def test_values_add_up_to_what_the_files_say(folder: Any) -> None:
    book = folder.load()
    household = book.household("H00004")
    closes = {row["security_id"]: D(row["close"]) for row in folder.rows("prices")}
    for account in household.accounts:
        row = next(row for row in folder.rows("accounts") if row["account_id"] == account.id)
        lots = [lot for lot in folder.rows("lots") if lot["account_id"] == account.id]
        held = sum(D(lot["shares"]) * closes[lot["security_id"]] for lot in lots)
        assert household.value(account) == held + D(row["cash"]) + D(row["unsettled_cash"])
        assert sum(lot.basis for lot in account.lots) == sum(D(lot["basis"]) for lot in lots)


def test_a_household_knows_all_it_needs_and_no_more(sound: Book) -> None:
    household = sound.household("H00002")
    assert household.models.keys() == {"GROWTH-FUND"}
    named = {"IDX1", "AGG1", "BIL1"}
    assert named <= household.securities.keys()
    assert household.securities.keys() - named == household.constituents["IDX1"].keys()
    assert household.prices.keys() == household.securities.keys()
    assert [account.id for account in household.accounts] == [
        "H00002-IRA",
        "H00002-ROTH",
        "H00002-TX",
    ]
    assert household.tax_entities.keys() == {"T00002"}
    assert household.management == "joint"


def test_defaults_of_empty_cells(folder: Any) -> None:
    folder.edit(
        "accounts",
        lambda rows: [
            row.update(discretionary="", fractional="", held_away="", owner="") for row in rows
        ],
    )
    folder.edit(
        "securities",
        lambda rows: [
            row.update(
                wash_group="", equivalence_class="", issuer="", share_increment="", **{"yield": ""}
            )
            for row in rows
        ],
    )
    folder.edit(
        "tax_entities",
        lambda rows: [row.update(rate_ordinary="", rate_carry="", carry_short="") for row in rows],
    )
    book = folder.load()
    assert book.findings == ()
    household = book.household("H00002")
    account, entity = household.accounts[0], household.tax_entities["T00002"]
    fund = household.securities["IDX1"]
    assert (account.discretionary, account.fractional, account.held_away) == (True, False, False)
    assert account.owner == "self"
    assert fund.wash_group == fund.equivalence_class == fund.issuer == "IDX1"
    assert (fund.share_increment, fund.dividend_yield) == (1, 0)
    assert (entity.rate_ordinary, entity.rate_carry) == (entity.rate_short, None)


def test_models_and_versions(folder: Any) -> None:
    for component, weight in (("IDX2", "0.5"), ("AGG1", "0.5")):
        for start, rank in (("2026-03-01", "1"), ("2026-04-01", "")):
            share = weight if start == "2026-03-01" else "0.25"
            folder.add(
                "models",
                model_id="GROWTH-FUND",
                component=component,
                weight=share,
                effective_from=start,
                rank=rank,
            )
    folder.add(
        "models",
        model_id="GROWTH-FUND",
        component="IDX1",
        weight="0.5",
        effective_from="2026-03-01",
        rank="2",
    )

    def weights(as_of: date | None) -> dict[str, Decimal]:
        return dict(folder.load(as_of).household("H00002").models["GROWTH-FUND"].weights)

    assert weights(None) == {"IDX2": D("0.5"), "AGG1": D("0.5")}
    assert weights(date(2026, 2, 28)) == {
        "IDX1": D("0.85"),
        "AGG1": D("0.14"),
        "BIL1": D("0.01"),
    }
    later = folder.load(date(2026, 4, 1)).household("H00002").models["GROWTH-FUND"]
    assert later.cash == D("0.5")


def test_an_account_has_its_own_model_where_managed_separately(folder: Any) -> None:
    folder.set("accounts", "account_id", "H00004-IRA", model_id="GROWTH-FUND")
    household = folder.load().household("H00004")
    models = {account.id: account.model_id for account in household.accounts}
    assert models == {"H00004-IRA": "GROWTH-FUND", "H00004-TX": "BALANCED-FUND"}
    assert household.models.keys() == {"GROWTH-FUND", "BALANCED-FUND"}


def test_parquet_says_the_same_as_csv(folder: Any) -> None:
    before = folder.load()
    for table in ("prices", "lots", "accounts", "securities", "tax_entities"):
        path = folder.path / f"{table}.csv"
        read = pa.csv.read_csv(
            path, convert_options=pa.csv.ConvertOptions(strings_can_be_null=True)
        )
        pa.parquet.write_table(read, path.with_suffix(".parquet"))
        path.unlink()
    after = folder.load()
    assert after.findings == ()
    assert all(same(before.household(name), after.household(name)) for name in before.household_ids)


def test_a_mistake_in_parquet_names_its_row(folder: Any) -> None:
    path = folder.path / "lots.csv"
    read = pa.csv.read_csv(path)
    shares = read.column("shares").to_pylist()
    shares[6] = -shares[6]
    position = read.column_names.index("shares")
    broken = read.set_column(position, "shares", pa.array(shares))
    pa.parquet.write_table(broken, path.with_suffix(".parquet"))
    path.unlink()
    (found,) = folder.load().findings
    assert (found.code, found.file, found.line) == ("B0204", "lots.parquet", 7)


def test_tolerant_reading(folder: Any) -> None:
    text = folder.text("flows.csv").replace("\n", "\r\n")
    (folder.path / "flows.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    folder.edit("accounts", lambda rows: [row.update(held_away=" TRUE ") for row in rows[:1]])
    folder.edit("lots", lambda rows: rows[0].update(shares="+12.5"))
    book = folder.load()
    assert book.findings == ()
    household = book.household("H00001")
    assert household.accounts[0].held_away
    assert D("12.5") in {lot.shares for lot in household.accounts[0].lots}
    assert book.household("H00004").flows


def test_every_file_is_hashed(folder: Any) -> None:
    hashes = folder.load().input_hashes
    assert hashes.keys() == {path.name for path in folder.path.iterdir()}
    content = (folder.path / "lots.csv").read_bytes()
    assert hashes["lots.csv"] == hashlib.sha256(content).hexdigest()


def test_an_unknown_household_is_a_key_error(sound: Book) -> None:
    with pytest.raises(KeyError):
        sound.household("H7")


# --- attributes ----------------------------------------------------------------------------------


def test_attributes_by_table(sound: Book) -> None:
    names = {(each.table, each.name): each for each in sound.attributes}
    sector, tobacco = names["securities", "sector"], names["securities", "revenue.tobacco"]
    assert "Technology" in sector.values
    assert (tobacco.type, tobacco.applies_to) == (AttributeType.FRACTION, frozenset({"stock"}))
    assert names["accounts", "taxable"].type is AttributeType.FLAG
    assert names["accounts", "type"].values >= {"taxable", "roth_ira", "hsa"}
    assert names["households", "tags"].values == {"legacy", "retiree", "transition", "founder"}
    assert {("lots", "loss"), ("lots", "acquired"), ("tax_entities", "filing")} <= names.keys()


def test_extra_columns_become_values(folder: Any) -> None:
    folder.add("schema", table="lots", column="plan", type="text", description="trading plan")
    folder.add("schema", table="households", column="income", type="money")
    folder.add("schema", table="accounts", column="opened", type="date")
    folder.edit("lots", lambda rows: [row.update(plan="10b5-1") for row in rows])
    folder.edit("households", lambda rows: [row.update(income="250000") for row in rows])
    folder.edit("accounts", lambda rows: [row.update(opened="2019-05-01") for row in rows])
    book = folder.load()
    assert book.findings == ()
    household = book.household("H00005")
    assert household.attributes == {"income": D(250000)}
    assert household.accounts[0].attributes == {"opened": date(2019, 5, 1)}
    assert household.accounts[0].lots[0].attributes == {"plan": "10b5-1"}


def test_blank_data_is_absent(sound: Book) -> None:
    household = sound.household("H00001")
    fund = sound.household("H00002").securities["IDX1"]
    assert fund.attributes == {}
    assert fund.sector is None
    stock = next(each for each in household.securities.values() if each.industry == "Tobacco")
    assert isinstance(stock.attributes["revenue.tobacco"], Decimal)


# --- published -----------------------------------------------------------------------------------


def test_the_contract_is_published_whole() -> None:
    schema: Any = book_schema()
    json.dumps(schema)
    assert schema["properties"].keys() == {"book", *(table.name for table in TABLES)}
    lot = schema["properties"]["lots"]["items"]
    assert lot["required"] == [
        "lot_id",
        "account_id",
        "security_id",
        "acquired",
        "shares",
        "basis",
    ]
    assert lot["properties"]["shares"] == {"type": "number", "exclusiveMinimum": 0.0}


def test_the_documentation_is_that_of_the_code(golden: Golden) -> None:
    docs = Path(__file__).parents[2] / "docs"
    golden(docs / "book-tables.md", contract_page())
    golden(docs / "book.schema.json", json.dumps(book_schema(), indent=2) + "\n")


@pytest.mark.parametrize(
    ("stated", "day", "realised", "carried"),
    [
        ("", None, -10_000, 1_000),
        ("", "2026-12-31", -10_000, 1_000),
        ("", "2027-01-04", 0, 8_000),  # 11,000 less the 3,000 of one year
        ("", "2028-01-03", 0, 5_000),
        ("tax_year = 2025\n", None, 0, 8_000),
        ("tax_year = 2025\n", "2027-01-04", 0, 5_000),
    ],
)
def test_a_new_tax_year_begins_with_what_is_carried_on(
    folder: Any, stated: str, day: str | None, realised: int, carried: int
) -> None:
    name = folder.rows("tax_entities")[0]["tax_entity_id"]
    money = {"ytd_short": "-10000", "ytd_long": "0", "carry_short": "1000", "carry_long": "0"}
    folder.set("tax_entities", "tax_entity_id", name, filing="joint", **money)
    folder.write_text("book.toml", folder.text("book.toml") + stated)
    book = load_book(folder.path, None if day is None else date.fromisoformat(day))
    home = next(h for h in map(book.household, book.household_ids) if name in h.tax_entities)
    entity = home.tax_entities[name]
    assert (entity.ytd_short, entity.carry_short) == (realised, carried)


@pytest.mark.parametrize("name", ["us100-small", "us500"])
def test_real_books_are_sound(name: str, shared_book: Callable[[str], Path]) -> None:
    book = load_book(shared_book(name))
    errors = [found for found in book.findings if found.severity is FindingSeverity.ERROR]
    assert errors == []
    assert book.settlement_days == 2
    for household_id in book.household_ids:
        household = book.household(household_id)
        assert all(household.value(account) > 0 for account in household.accounts)
        assert all(0 <= model.cash <= 1 for model in household.models.values())
