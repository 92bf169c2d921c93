"""Trade rationales: every number is the record's, every ending has a page, nothing acts."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from policydsl.reports.figures import money, percent, shares
from policydsl.reports.household import household_page
from policydsl.reports.html import to_html
from policydsl.reports.record import read_record
from tests.policydsl.endings import ENDINGS, HOSTILE, SECTOR
from tests.policydsl.reports.read_page import ReadPage, sound
from tests.policydsl.runs import Document, policydsl, proposal, proposals, words_of


def pages(run: Path, folder: Path, *words: str) -> dict[str, str]:
    """The pages of a run by file name."""
    result = policydsl("report", run, "--kind", "trades", "-o", folder, *words)
    assert result.exit_code == 0, result.output
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def small_pages(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pages(small_run, tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def ending_pages(endings: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return pages(endings, tmp_path_factory.mktemp("pages"))


def test_every_page_can_be_read_by_everybody(
    small_pages: dict[str, str], ending_pages: dict[str, str]
) -> None:
    for found in (small_pages, ending_pages):
        assert len(found) == 7
        for text in found.values():
            sound(text, set(found))


def rows_of_trades(page: ReadPage) -> dict[tuple[str, ...], str]:
    """(side, account, ticker, shares, price, amount, gain, term) to the reason."""
    found: dict[tuple[str, ...], str] = {}
    for table in page.tables:
        said = re.fullmatch(
            r"[\d,]+ (sale|purchase)s? in ([^\s,]+)(, the largest first)?", table.title
        )
        if said is None:
            continue
        assert table.rows[-1][0] == "Together"
        for row in table.rows[:-1]:
            ticker = row[0].split()[0]
            key = (said[1], said[2], ticker, *row[1:-1])
            assert key not in found
            found[key] = row[-1]
    return found


def expected_key(trade: Document) -> tuple[str, ...]:
    numbers = (shares(trade["shares"]), money(trade["price"]), money(trade["amount"]))
    head = (trade["account_id"], trade["ticker"], *numbers)
    if trade["side"] == "buy":
        return ("purchase", *head)
    terms = {lot["term"] for lot in trade["lots"]}
    term = terms.pop() if len(terms) == 1 else "mixed"
    return ("sale", *head, money(trade["realized_gain"]), term)


def test_every_trade_stands_on_its_page_with_the_numbers_of_the_record(
    small_run: Path, small_pages: dict[str, str]
) -> None:
    count = 0
    for document in proposals(small_run):
        page = ReadPage(small_pages[f"trades-{document['household_id']}.html"])
        shown = rows_of_trades(page)
        assert shown.keys() == {expected_key(trade) for trade in document["trades"]}
        for trade in document["trades"]:
            why = re.sub(r", [\w/.]+:\d+\]", "]", trade["sentence"].partition(": ")[2])
            assert shown[expected_key(trade)].lower() == why.lower()
        count += len(shown)
    assert count > 50


def test_the_numbers_of_the_household_are_those_of_the_record(
    small_run: Path, small_pages: dict[str, str]
) -> None:
    for document in proposals(small_run):
        page = ReadPage(small_pages[f"trades-{document['household_id']}.html"])
        error, drift = document["tracking_error"], document["drift"]
        assert f"{percent(error['after'])}{percent(error['before'])} before" in page.text
        accounts = page.table("Accounts")
        for account, row in zip(document["accounts"], accounts.rows, strict=False):
            cash = [money(account[when]["cash"]) for when in ("before", "after")]
            assert row[0] == account["account_id"]
            assert row[2:5] == [money(account["value"]), *cash]
        assert percent(drift["after"]) in page.text
        classes = {tuple(row) for row in page.table("Asset classes of each account").rows}
        assert classes == {
            (
                account["account_id"],
                group,
                percent(account["before"]["asset_classes"].get(group, 0)),
                percent(account["after"]["asset_classes"].get(group, 0)),
            )
            for account in document["accounts"]
            for when in ("before", "after")
            for group in account[when]["asset_classes"]
        }
        rules = page.table("What held for the household").column("Rule")
        assert rules == [each["rule_id"] for each in document["statements"].values()]
        assert f"within {money(document['gap']['dollars'])} of" in page.text


def test_asset_classes_of_one_account_are_those_of_the_record(
    small_run: Path, small_pages: dict[str, str]
) -> None:
    """Two ways to the same numbers: the positions of the book, and the record's own."""
    seen = 0
    for document in proposals(small_run):
        if len(document["accounts"]) > 1:
            continue
        [account] = document["accounts"]
        page = ReadPage(small_pages[f"trades-{document['household_id']}.html"])
        table = page.table("By asset class")
        shown = dict(zip(table.column("Part of all"), table.column("After"), strict=True))
        for group, weight in account["after"]["asset_classes"].items():
            if weight >= 0.0001:
                assert shown[group] == percent(weight)
                seen += 1
        cash = Decimal(account["after"]["cash"]) / Decimal(account["value"])
        assert shown["Cash"] == percent(cash)
    assert seen >= 3


def test_the_front_page_has_every_household_and_the_totals_of_the_run(
    small_run: Path, small_pages: dict[str, str]
) -> None:
    page = ReadPage(small_pages["trades.html"])
    rows = page.table("Every household").rows
    found = proposals(small_run)
    assert [row[0] for row in rows[:-1]] == [each["household_id"] for each in found]
    assert [row[3] for row in rows[:-1]] == [str(len(each["trades"])) for each in found]
    bought = sum(
        (Decimal(t["amount"]) for each in found for t in each["trades"] if t["side"] == "buy"),
        Decimal(0),
    )
    assert rows[-1][5] == money(bought)
    assert f"trades-{found[0]['household_id']}.html" in page.links


def test_the_same_run_gives_the_same_bytes(
    small_run: Path, small_pages: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = Path(shutil.copytree(small_run, tmp_path / "a copy"))
    assert pages(elsewhere, tmp_path / "pages") == small_pages


def test_every_page_names_the_seal_of_its_run(small_run: Path, small_pages: dict[str, str]) -> None:
    verified = policydsl("verify", small_run).stdout
    [seal] = re.findall(r"seal ([0-9a-f]{64})", verified)
    assert all(f"Seal of the run: {seal}." in text for text in small_pages.values())


# --- endings -------------------------------------------------------------------------------------


def test_the_run_has_every_ending(endings: Path) -> None:
    assert {each["household_id"]: each["status"] for each in proposals(endings)} == ENDINGS


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "H2": "the rules of the household cannot all hold together",
        "H3": "the data of the household are doubtful",
        "H4": "Nothing is worth trading today",
        "H5": "something of the household's own stands in the way",
    }.items(),
)
def test_no_trades_are_a_report_too(ending_pages: dict[str, str], name: str, said: str) -> None:
    page = ReadPage(ending_pages[f"trades-{name}.html"])
    assert said in page.text
    assert rows_of_trades(page) == {}
    if name != "H4":
        assert "run the household again" in page.text
        front = ReadPage(ending_pages["trades.html"])
        assert f"{name}: Nothing is proposed" in front.text


def test_an_infeasible_household_names_what_clashes(
    endings: Path, ending_pages: dict[str, str]
) -> None:
    found = proposal(endings, "H2")["conflicts"]
    page = ReadPage(ending_pages["trades-H2.html"])
    table = page.table("Cannot be kept together today")
    assert set(table.column("Rule")) == {"h2.little", "h2.much"}
    assert set(table.column("File and line")) == {"household.policy:5", "household.policy:9"}
    assert all(
        any(fact["says"] in said for said in table.column("The facts")) for fact in found["facts"]
    )
    assert found["facts"]
    ways = page.table("What would do")
    assert len(ways.rows) == len(found["relaxations"]) > 0
    first = found["relaxations"][0]["changes"][0]
    assert first["rule_id"] in ways.rows[0][1]


def test_findings_say_what_is_wrong(endings: Path, ending_pages: dict[str, str]) -> None:
    for name in ("H3", "H5"):
        text = words_of(ReadPage(ending_pages[f"trades-{name}.html"]).text)
        found = proposal(endings, name)["findings"]
        assert found
        assert all(words_of(each) in text for each in found)


def test_a_failure_of_the_program_has_a_page(endings: Path) -> None:
    failed = {
        "household_id": "H9",
        "name": "Client H9",
        "as_of": "2026-06-15",
        "status": "failed",
        "findings": ["internal error: ZeroDivisionError: division by zero"],
    }
    page = sound(to_html(household_page(read_record(endings), failed, auditor=False)), set())
    assert "the program failed on this household" in page.text
    assert "ZeroDivisionError" in page.text


def test_who_has_to_agree_is_said_first(ending_pages: dict[str, str]) -> None:
    page = ReadPage(ending_pages["trades-H1.html"])
    order = [title for level, title in page.headings if level == 2]
    assert order[:3] == ["Contents", "Approvals awaited", "Before and after"]
    assert "Desk <Head>" in page.text


# --- hostile text --------------------------------------------------------------------------------


def test_hostile_names_are_words_and_nothing_else(ending_pages: dict[str, str]) -> None:
    text = ending_pages["trades-H6.html"]
    page = sound(text, set(ending_pages))
    shown = HOSTILE.replace("\u202e", "")  # a mark that would turn gnp.exe into exe.png
    assert shown in page.text
    assert "\u202e" not in text
    assert "No <i>bets</i> & no 'favourites'" in page.text
    assert SECTOR in page.text
    assert not {"script", "i", "b"} & {tag for tag, _ in page.tags}
    assert "<bdi>" in text
    assert shown in ReadPage(ending_pages["trades.html"]).text


def test_an_auditor_sees_places_lots_and_ledgers(endings: Path, tmp_path: Path) -> None:
    found = pages(endings, tmp_path / "pages", "--for", "auditor", "--household", "H1")
    assert list(found) == ["trades-H1.html"]
    page = sound(found["trades-H1.html"], set())
    document = proposal(endings, "H1")
    ledger = page.table("Cents for one more dollar")
    assert len(ledger.rows) == sum(len(trade["ledger"]) for trade in document["trades"])
    lots = page.table("Lots sold")
    assert lots.column("Lot") == [lot["lot_id"] for t in document["trades"] for lot in t["lots"]]
    cited = re.findall(r"\[[\w.]+, firm\.policy:\d+\]", page.text)
    assert cited


# --- wrong usage ---------------------------------------------------------------------------------


def test_wrong_usage_is_said(small_run: Path, small_book: Path, tmp_path: Path) -> None:
    def told(*words: str | Path) -> str:
        result = policydsl("report", *words)
        assert result.exit_code == 2
        assert result.stdout == ""
        return words_of(result.stderr)

    kind = ("--kind", "trades")
    out = tmp_path / "pages"
    assert "Missing option '--kind'" in told(small_run, "-o", out)
    assert "Missing option '-o'" in told(small_run, *kind)
    assert "has no household H9" in told(small_run, *kind, "--household", "H9", "-o", out)
    assert "it has no run.json" in told(small_book, *kind, "-o", out)
    assert "name another folder" in told(small_run, *kind, "-o", small_run / "pages")
    assert not out.exists()


def test_an_altered_record_is_not_reported_on(endings: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(endings, tmp_path / "run"))
    path = run / "proposals" / "H1.json"
    path.write_text(path.read_text().replace("Client H1", "Client HX"))
    result = policydsl("report", run, "--kind", "trades", "-o", tmp_path / "pages")
    assert result.exit_code == 2
    assert "policydsl verify" in result.stderr
