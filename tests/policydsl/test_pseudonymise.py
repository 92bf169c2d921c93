"""Names and notes of clients: in no log, and in nothing of a run that is shared."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.policydsl.runs import (
    edited_policies,
    policydsl,
    proposals,
    rebalanced,
    record,
    rows,
    trade_rows,
    write_rows,
)
from tests.policydsl.small_books import Tables, policies_of

NAMES = {
    "H00001": "Zarquon & Ygraine Blenkinsop",
    "H00002": "The Quillfeather Family Trust",
    "H00004": "Jörgen Ångström-Wexlby",
}
NOTES = {
    "H00001": "Met at Lake Zubnik; worries about Ygraine's brother",
    "H00002": "Calls on Tuesdays, zither lessons",
    "H00004": "Owns a vineyard in Tolvadia",
}
NICKNAMES = {"H00001-TX": "Blenkinsop tuition pot", "H00004-TX": "Tolvadia reserve"}
PLANTED = (
    *("Zarquon", "Ygraine", "Blenkinsop", "Quillfeather", "Jörgen", "Ångström", "Wexlby"),
    *("Lake Zubnik", "zither", "Tolvadia", "tuition pot", "H0000", "T0000"),
    *("123456789", "1951-02-03"),
)
REMARK = """
# Zarquon Blenkinsop asked for this, and H00002 too
rule h00001.blenkinsop "For the Blenkinsop family"
    never buy "IDX1"
    because "Ygraine works there; see the file of H00001-TX"
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> tuple[Path, Path]:
    """A book and policies with names and notes of clients, some of them in Parquet."""
    folder = tmp_path_factory.mktemp("planted")
    book = Path(shutil.copytree(small_book, folder / "book"))
    households = [
        {**row, "name": NAMES.get(row["household_id"], row["name"])}
        | {"notes": NOTES.get(row["household_id"], ""), "ssn": "123456789", "born": "1951-02-03"}
        for row in rows(book / "households.csv")
    ]
    write_rows(book / "households.csv", households)
    accounts = [
        {**row, "nickname": NICKNAMES.get(row["account_id"], ""), "phone": "2125550123"}
        for row in rows(book / "accounts.csv")
    ]
    write_rows(book / "accounts.csv", accounts)
    table = pyarrow.csv.read_csv(
        book / "accounts.csv",
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pyarrow.string() for name in accounts[0] if name != "phone"}
        ),
    )
    pyarrow.parquet.write_table(table, book / "accounts.parquet")
    (book / "accounts.csv").unlink()
    edit = ("household/H00001.policy", "", REMARK)
    return book, edited_policies(folder / "policies", edit)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, planted: tuple[Path, Path]) -> Path:
    book, policies = planted
    folder = tmp_path_factory.mktemp("runs") / "planted"
    return rebalanced(folder, book, policies, ("H00001", "H00002", "H00004"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, run: Path) -> Path:
    out = tmp_path_factory.mktemp("shared") / "run"
    result = policydsl("pseudonymise", run, "-o", out)
    assert result.exit_code == 0, result.output
    assert "stay as they are" in result.stderr
    return out


def left(text: str) -> list[str]:
    return [word for word in PLANTED if word.casefold() in text.casefold()]


# --- logs ----------------------------------------------------------------------------------------


def test_a_row_that_cannot_be_read_is_not_quoted(tmp_path: Path, small_book: Path) -> None:
    book = Path(shutil.copytree(small_book, tmp_path / "book"))
    table = book / "households.csv"
    name = rows(table)[0]["name"]
    table.write_text(table.read_text("utf-8").replace(name, f"{name}, junior", 1), "utf-8")
    result = policydsl("rebalance", "--book", book, "-o", tmp_path / "run")
    assert "B0106" in result.output
    assert name.split()[0] not in result.output


def test_no_log_and_no_message_names_a_client(
    tmp_path: Path, planted: tuple[Path, Path], run: Path
) -> None:
    """Ids are not names: they may stand in a log. Names and notes may not."""
    book, policies = planted
    given = ("--policies", policies, "--book", book)
    said = [
        policydsl("check", policies, "--book", book),
        policydsl("book", "check", book),
        policydsl("effective", *given, "--account", "H00001-TX"),
        policydsl("rebalance", *given, "--household", "H00004", "-o", tmp_path / "run"),
        policydsl("rebalance", *given, "--household", "H00009", "-o", tmp_path / "none"),
        policydsl("compile", *given, "--household", "H00004", "-o", tmp_path / "model.lp"),
        policydsl("explain", run, "--household", "H00001"),
        policydsl("explain", run, "--trade", "nothing"),
        policydsl("verify", run),
        policydsl("verify", "--replay", tmp_path / "run"),
        policydsl("pseudonymise", run, "-o", tmp_path / "shared"),
    ]
    names = [word for word in PLANTED if not word.startswith(("H0", "T0"))]
    for text in [*(each.stderr for each in said), (run / "log.jsonl").read_text("utf-8")]:
        assert [word for word in names if word.casefold() in text.casefold()] == []


# --- a run to share ------------------------------------------------------------------------------


def test_nothing_of_a_client_is_left_in_any_byte(run: Path, shared: Path) -> None:
    planted_somewhere = "".join(
        path.read_bytes().decode("utf-8", "replace") for path in run.rglob("*") if path.is_file()
    )
    assert set(left(planted_somewhere)) == set(PLANTED)
    for path in shared.rglob("*"):
        assert left(path.relative_to(shared).as_posix()) == []
        if path.suffix == ".parquet":
            table = pyarrow.parquet.read_table(path)
            assert left(str(table.to_pylist()) + str(table.schema)) == []
        if path.is_file():
            assert left(path.read_bytes().decode("utf-8", "replace")) == [], path


def test_it_is_a_run_all_the_same(shared: Path) -> None:
    for more in ((), ("--replay",)):
        result = policydsl("verify", shared, *more, "--format", "json")
        assert json.loads(result.stdout)["differences"] == []
        assert result.exit_code == 0


def test_figures_securities_and_reasons_stay(run: Path, shared: Path) -> None:
    for one, other in zip(trade_rows(run), trade_rows(shared), strict=True):
        for column in ("security_id", "side", "shares", "price", "amount", "cost", "realized_gain"):
            assert one[column] == other[column]
    for one, other in zip(proposals(run), proposals(shared), strict=True):
        for field in ("status", "objective", "gap", "model", "tracking_error"):
            assert one[field] == other[field]
        assert len(one["trades"]) == len(other["trades"])
    assert record(run)["totals"] == record(shared)["totals"]
    assert record(shared)["policies_at"] is None


def test_one_client_has_one_pseudonym_everywhere(run: Path, shared: Path) -> None:
    names = dict(zip(record(run)["households"], record(shared)["households"], strict=True))
    assert len(set(names.values())) == 3
    client = names["H00001"]
    assert (shared / "proposals" / f"{client}.json").is_file()
    assert (shared / "effective" / f"{client}.json").is_file()
    (policy,) = (shared / "inputs" / "policies" / "household").iterdir()
    assert policy.stem == client
    assert f'layer household "{client}"' in policy.read_text("utf-8")
    assert any(row["household_id"] == client for row in trade_rows(shared))
    told = [row for row in rows(shared / "inputs" / "book" / "households.csv") if row["notes"]]
    assert {row["notes"] for row in told} == {"note"}
    accounts = pyarrow.parquet.read_table(shared / "inputs" / "book" / "accounts.parquet")
    assert accounts["phone"].null_count == accounts.num_rows > 0


@pytest.mark.parametrize("place", ["", "shared", "inputs/.."])
def test_a_run_is_not_written_over_or_into(tmp_path: Path, pair_run: Path, place: str) -> None:
    run = Path(shutil.copytree(pair_run, tmp_path / "run"))
    result = policydsl("pseudonymise", run, "-o", run / place)
    assert result.exit_code == 2, result.output
    assert policydsl("verify", run).exit_code == 0


def test_a_run_is_not_replaced_by_one_of_its_own_inputs(tmp_path: Path, pair_run: Path) -> None:
    run = Path(shutil.copytree(pair_run, tmp_path / "run"))
    inputs = run / "inputs"
    given = ("--book", inputs / "book", "--policies", inputs / "policies")
    result = policydsl("rebalance", *given, "-o", run)
    assert result.exit_code == 2, result.output
    assert "which is read" in result.output
    assert policydsl("verify", run).exit_code == 0


def test_a_secret_gives_the_same_pseudonyms_to_other_runs(tmp_path: Path, run: Path) -> None:
    def clients(name: str, *more: str | Path) -> list[str]:
        result = policydsl("pseudonymise", run, "-o", tmp_path / name, *more)
        assert result.exit_code == 0, result.output
        households: list[str] = record(tmp_path / name)["households"]
        return households

    for name, secret in (("mine", "a secret of the firm"), ("theirs", "another secret, longer")):
        (tmp_path / f"{name}.key").write_text(secret)
    first = clients("one", "--secret", tmp_path / "mine.key")
    assert clients("two", "--secret", tmp_path / "mine.key") == first
    third = clients("three", "--secret", tmp_path / "theirs.key")
    fourth = clients("four")
    assert not set(first) & set(third) and not set(first) & set(fourth)
    assert all(re.fullmatch(r"[A-Z]{5}_client_[0-9a-f]{8}", name) for name in first)
    assert all(re.fullmatch(r"[A-Z]{5}_client", name) for name in fourth)
    secret = (tmp_path / "mine.key").read_bytes()
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert not any(secret in path.read_bytes() for path in files)


def test_it_can_be_signed(tmp_path: Path, run: Path, keys: tuple[Path, Path]) -> None:
    out = tmp_path / "run"
    assert policydsl("pseudonymise", run, "-o", out, "--sign", keys[0]).exit_code == 0
    assert policydsl("verify", out, "--key", keys[1]).exit_code == 0


# --- what cannot be ------------------------------------------------------------------------------


def test_a_run_that_was_tampered_with_is_not_shared(tmp_path: Path, run: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    (copy / "blocks.csv").write_text("")
    result = policydsl("pseudonymise", copy, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "is not as it was sealed" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_secret_that_could_be_guessed_is_wrong_usage(tmp_path: Path, run: Path) -> None:
    (tmp_path / "key").write_text("short")
    words = ("pseudonymise", run, "-o", tmp_path / "out", "--secret", tmp_path / "key")
    result = policydsl(*words)
    assert result.exit_code == 2
    assert "could be guessed" in re.sub(r"\s+", " ", result.stderr)


def numbered(tmp_path: Path, household: str, account: str) -> Path:
    """A run whose ids are numbers; one of the shares held is the same number."""
    tables = Tables()
    for name in ("AAA", "BBB"):
        tables.security(name, "10")
    tables.client(household, {"AAA": "0.5", "BBB": "0.4"})
    tables.account(household, cash=7000, lots=[("AAA", 900, 4000)])
    for table in ("accounts", "lots"):
        tables.rows[table] = [
            {**row, "account_id": account} | ({"lot_id": "L1"} if table == "lots" else {})
            for row in tables.rows[table]
        ]
    policies = policies_of(tmp_path / "policies", firm="rule firm.one\n    use horizon 1 year\n")
    return rebalanced(tmp_path / "run", tables.written(tmp_path / "book"), policies)


def test_ids_of_many_digits_are_told_from_amounts(tmp_path: Path) -> None:
    run = numbered(tmp_path, "70012345", "88001234")
    out = tmp_path / "out"
    result = policydsl("pseudonymise", run, "-o", out)
    assert result.exit_code == 0, result.output
    assert policydsl("verify", "--replay", out).exit_code == 0
    for path in (path for path in out.rglob("*") if path.is_file()):
        assert not re.search(r"70012345|88001234", path.read_text("utf-8") + path.name)


def test_ids_that_could_be_numbers_are_refused(tmp_path: Path) -> None:
    run = numbered(tmp_path, "70012345", "900")
    result = policydsl("pseudonymise", run, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "900 cannot be told from a number" in re.sub(r"\s+", " ", result.stderr)
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_a_note_that_policies_read_stays_and_is_named(
    tmp_path: Path, planted: tuple[Path, Path]
) -> None:
    book, _ = planted
    copy = Path(shutil.copytree(book, tmp_path / "book"))
    with (copy / "households.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    write_rows(copy / "households.csv", [{**row, "region": "North Shore"} for row in table])
    rule = '\nrule firm.north "North"\n    never buy "IDX2"\n'
    rule += '    when household.region is "North Shore"\n'
    policies = edited_policies(tmp_path / "policies", ("firm/compliance.policy", "", rule))
    run = rebalanced(tmp_path / "run", copy, policies, ("H00004",))
    result = policydsl("pseudonymise", run, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "households.region stays as it is: policies read it" in result.stderr
