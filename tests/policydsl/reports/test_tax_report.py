"""Tax reports: each line is the record's, and what is said of lots and limits is right."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from policydsl.reports.figures import money
from policydsl.reports.tax_sales import compared, first_in_first_out, turning_soon
from policydsl.tax_report import year_rows
from tests.by_hand import account, closing, household, lot, policy
from tests.policydsl.reports.read_page import ReadPage, sound
from tests.policydsl.runs import policydsl, proposals, words_of


@pytest.fixture(scope="module")
def small_tax(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tax")
    result = policydsl("report", small_run, "--kind", "tax", "-o", folder)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_every_page_can_be_read_by_everybody(small_tax: dict[str, str]) -> None:
    assert len(small_tax) == 7
    for text in small_tax.values():
        sound(text, set(small_tax))


def test_each_line_of_each_year_is_the_records(small_run: Path, small_tax: dict[str, str]) -> None:
    lines = 0
    for document in proposals(small_run):
        page = ReadPage(small_tax[f"tax-{document['household_id']}.html"])
        tables = [each for each in page.tables if each.title == "The tax year so far"]
        for year, table in zip(document["tax"].values(), tables, strict=True):
            expected = [
                [f"${cell}".replace("$-", "-$") if cell.strip("-") else cell for cell in cells]
                for _, *cells in year_rows(year)
            ]
            assert [row[1:] for row in table.rows] == expected
            last = next(row for row in table.rows if row[0] == "Tax at stated rates")
            after = Decimal(year["tax_after"])
            assert last[-1] == (money(after) if after else "-")
            lines += len(table.rows)
    assert lines > 20


def test_lots_sold_sum_to_what_the_year_realises(
    small_run: Path, small_tax: dict[str, str]
) -> None:
    for document in proposals(small_run):
        page = ReadPage(small_tax[f"tax-{document['household_id']}.html"])
        tables = [each for each in page.tables if each.title.startswith("Lots sold")]
        gain = sum(dollars(table.rows[-1][7]) for table in tables)
        washed = sum(dollars(table.rows[-1][8]) for table in tables)
        years = document["tax"].values()
        run = sum((Decimal(y["short_run"]) + Decimal(y["long_run"]) for y in years), Decimal(0))
        assert gain + washed == run
        assert washed == sum((Decimal(y["disallowed_run"]) for y in years), Decimal(0))


def dollars(said: str) -> Decimal:
    return Decimal(said.replace("$", "").replace(",", ""))


def test_what_a_budget_leaves_is_its_limit_less_what_is_realised(
    small_run: Path, small_tax: dict[str, str]
) -> None:
    seen = 0
    for document in proposals(small_run):
        page = ReadPage(small_tax[f"tax-{document['household_id']}.html"])
        [table] = [each for each in page.tables if each.title == "Limits on what is realised"]
        for row in table.rows:
            assert row[0] in {each["rule_id"] for each in document["statements"].values()}
            assert dollars(row[6]) == max(Decimal(0), dollars(row[5]) - dollars(row[4]))
            if row[0] == "ipc.tax_budget":
                tax = sum(Decimal(y["tax_after"]) for y in document["tax"].values())
                assert dollars(row[4]) == tax
                seen += 1
    assert seen >= 3


def test_oldest_first_is_told_from_the_lots_that_are_named() -> None:
    """30 of 100 AAA at $100: named are those of 2024 (basis $110, a loss of $300), the oldest have
    a basis of $40 (a gain of $1,800)."""
    old, young = lot("a1", "AAA", 60, 2_400), lot("a2", "AAA", 40, 4_400, "2024-01-02")
    home = household(account("TX", 0, old, young))
    rules = policy(home)
    after = closing(home, rules, "-30 a2")
    [sale] = first_in_first_out(after, rules).sales
    assert (sale.lot.id, sale.shares, sale.gain) == ("a1", 30, 1_800)
    [found] = compared(after, rules)
    assert (found.named.tax, found.oldest.tax) == (-105, 360)
    assert list(compared(closing(home, rules, "-60 a1"), rules)) == []


def test_lots_that_turn_long_term_within_a_quarter() -> None:
    """On 2026-06-15: bought on 2025-07-01 it turns on 2026-07-02; at a loss, or later, or sold,
    nothing is said."""
    home = household(
        account(
            "TX",
            0,
            lot("soon", "AAA", 10, 400, "2025-07-01"),
            lot("loss", "AAA", 10, 4_000, "2025-07-01"),
            lot("later", "AAA", 10, 400, "2026-01-05"),
            lot("sold", "AAA", 10, 400, "2025-07-01"),
            lot("long", "AAA", 10, 400, "2020-07-01"),
        )
    )
    [found] = turning_soon(closing(home, policy(home), "-10 sold"), "T1")
    assert (found.lot.id, found.day, found.gain) == ("soon", "2026-07-02", 600)


def test_no_answer_is_a_page_too(endings: Path, tmp_path: Path) -> None:
    result = policydsl("report", endings, "--kind", "tax", "-o", tmp_path / "tax")
    assert result.exit_code == 0, result.output
    front = ReadPage((tmp_path / "tax" / "tax.html").read_text(encoding="utf-8"))
    assert "H3: Nothing is proposed" in words_of(front.text)
    page = ReadPage((tmp_path / "tax" / "tax-H3.html").read_text(encoding="utf-8"))
    assert "the data of the household are doubtful" in page.text
