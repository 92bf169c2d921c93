"""Tax cases: those of the project pass, a wrong one is told, and a malformed one is no accident."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policydsl.cli import cli
from policydsl.tax_cases.compare import agrees
from policydsl.tax_cases.histories import SWITCHES
from policydsl.tax_cases.run import KINDS, run_file

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "cases" / "tax"
LOTS = """\
cases:
- id: ONE
  title: A wash sale
  kind: lots
  inputs:
    transactions:
    - {id: b1, date: 2025-01-06, ticker: X, action: buy, shares: 100, price: 10}
    - {id: s1, date: 2025-03-10, ticker: X, action: sell, shares: 100, price: 7.5}
    - {id: b2, date: 2025-03-20, ticker: X, action: buy, shares: 40, price: 8}
  expected:
    realized: [{sale: s1, lot: b1, gain: -250, disallowed: 100, recognized: -150, term: ST}]
    open_lots: [{lot: b2, shares: 40, basis: 420}]
"""


def cases_of(*paths: object, form: str = "text") -> Result:
    words = ["tax", "cases", *map(str, paths), "--format", form]
    return CliRunner().invoke(cli, words, prog_name="policydsl")


def written(folder: Path, text: str, name: str = "cases.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- the cases of the project --------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("no worked examples at ../shared/cases/tax")
    return SHARED


def test_all_shared_cases_pass(shared: Path) -> None:
    found = json.loads(cases_of(shared, form="json").stdout)
    failed = [each for each in found["results"] if not each["passed"]]
    assert failed == []
    assert found["diagnostics"] == []
    assert (found["cases"], found["variants"], found["passed"]) == (103, 7, 110)
    assert {each["kind"] for each in found["results"]} == set(KINDS)


@pytest.mark.long
def test_every_expectation_of_a_shared_case_is_looked_at(shared: Path, tmp_path: Path) -> None:
    """Change any one expected value: the case fails."""
    overlooked, tried = [], 0
    for file in sorted(shared.glob("*.yaml")):
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]:
            case.pop("variants", None)
            for place, changed in changes(case):
                path = written(tmp_path, yaml.safe_dump({"cases": [changed]}))
                tried += 1
                if run_file(path).passed:
                    overlooked.append((case["id"], place))
    assert overlooked == []
    assert tried > 1000


INLINE = {"term", "first_long_day", "days_elapsed", "expect", "expected"}


def changes(case: dict[str, Any]) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """The case with one expected value after the other changed, and where."""
    roots: list[list[Any]] = [["expected"]]
    if "checks" in case["inputs"]:
        roots = [
            ["inputs", "checks", number, key]
            for number, check in enumerate(case["inputs"]["checks"])
            for key in INLINE & check.keys()
        ]
    for root in roots:
        for place in leaves(at(case, root), root):
            changed = copy.deepcopy(case)
            holder = at(changed, place[:-1])
            holder[place[-1]] = other(holder[place[-1]])
            yield place, changed


def leaves(value: Any, place: list[Any]) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key != "name":
                yield from leaves(each, [*place, key])
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, [*place, number])
    else:
        yield place


def at(value: Any, place: list[Any]) -> Any:
    for key in place:
        value = value[key]
    return value


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value + timedelta(days=1)
    return f"{value}-" if isinstance(value, str) else value + 0.02


def test_a_row_too_few_or_too_many_is_told(tmp_path: Path) -> None:
    case = yaml.safe_load(LOTS)
    assert run_file(written(tmp_path, yaml.safe_dump(case))).passed
    for rows in ([], [{"lot": "b2"}, {"lot": "b2"}]):
        changed = copy.deepcopy(case)
        changed["cases"][0]["expected"]["open_lots"] = rows
        result = run_file(written(tmp_path, yaml.safe_dump(changed)))
        (difference,) = result.verdicts[0].differences
        assert "nothing" in (difference.expected, difference.found)


# --- what is printed -----------------------------------------------------------------------------


def test_a_disagreement_is_told_key_by_key(tmp_path: Path) -> None:
    wrong = LOTS.replace("disallowed: 100", "disallowed: 250").replace("basis: 420", "basis: 570")
    path = written(tmp_path, wrong)
    result = cases_of(path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"FAILED ONE  A wash sale  ({path}:2)",
        "    realized[sale s1 lot b1].disallowed: expected 250, found 100",
        "    open_lots[lot b2].basis: expected 570, found 420",
        f"{path}: 1 failed",
        "1 case, 0 variants: 1 failed",
    ]
    found = json.loads(cases_of(path, form="json").stdout)
    assert (found["passed"], found["failed"], found["malformed"]) == (0, 1, 0)
    assert found["results"][0]["differences"][1] == {
        "key": "open_lots[lot b2].basis",
        "expected": "570",
        "found": "420",
    }


def test_variants_lay_over_their_case(tmp_path: Path) -> None:
    variant = """\
  variants:
  - name: later
    inputs:
      transactions:
      - {id: b1, date: 2025-01-06, ticker: X, action: buy, shares: 100, price: 10}
      - {id: s1, date: 2025-03-10, ticker: X, action: sell, shares: 100, price: 7.5}
    expected: {totals: {2025_st: -250, 2024_lt: 0}}
  - {name: wrong, policy: {tacking: date}, expected: {open_lots: []}}
"""
    result = cases_of(written(tmp_path, LOTS + variant))
    assert "FAILED ONE, variant wrong" in result.stdout
    assert "1 case, 2 variants: 2 passed, 1 failed" in result.stdout


def test_losses_may_be_carried_in(tmp_path: Path) -> None:
    case = """\
cases:
- id: CARRY
  title: Carried in
  kind: netting
  inputs:
    carry_lt: 1000
    years: [{year: 2024, st: [500], status: mfs}, {year: 2025, lt: [200], carry_st: 700}]
  expected:
    years: [{line7: 500, line15: -1000, deduction: 500}, {line7: -700, line15: 200, year: 2025}]
"""
    result = run_file(written(tmp_path, case))
    assert (result.passed, result.diagnostics) == (True, ())


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    written(tmp_path / "below", LOTS)
    written(tmp_path, LOTS, "other.yml")
    written(tmp_path, "no case", "readme.md")
    assert "2 cases, 0 variants: 2 passed" in cases_of(tmp_path).stdout
    assert cases_of(tmp_path / "below", tmp_path).stdout.count("1 passed") == 2


def test_wrong_usage(tmp_path: Path) -> None:
    assert cases_of(tmp_path / "none").exit_code == 2
    assert cases_of(tmp_path).exit_code == 2
    assert cases_of().exit_code == 2


@pytest.mark.parametrize(
    ("expected", "found", "key", "agreed"),
    [
        ("0", "-0.004", "basis", True),
        ("100", "100.004", "basis", True),
        ("100", "100.006", "basis", False),
        ("0.333", "0.3333", "basis", True),
        ("0.333", "0.334", "basis", False),
        ("2", "2.004", "shares", False),
        ("33.3333", "33.33333333", "shares", True),
    ],
)
def test_how_close_is_close(expected: str, found: str, key: str, agreed: bool) -> None:
    assert agrees(Decimal(expected), Decimal(found), key) is agreed


def test_days_may_be_written_as_words(tmp_path: Path) -> None:
    quoted = re.sub(r"date: ([\d-]+)", r'date: "\1"', LOTS)
    quoted = quoted.replace("basis: 420", 'basis: 420, eff_acquired: "2025-01-16"')
    assert run_file(written(tmp_path, quoted)).passed
    assert not run_file(written(tmp_path, quoted.replace("01-16", "01-17"))).passed


# --- what is malformed ---------------------------------------------------------------------------

BUY = "{id: b1, date: 2025-01-06, ticker: X, action: buy, shares: 100, price: 10}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: lots", "kind: lot", "`lot` is not known"),
        ("  kind: lots\n", "", "the key `kind` is missing"),
        ("  expected:\n", "  expect:\n", "the key `expected` is missing"),
        ("action: buy, shares: 100", "action: byu, shares: 100", "did you mean `buy`"),
        ("shares: 100, price: 10", "price: 10", "the key `shares` is missing"),
        ("date: 2025-01-06", "date: 2025-02-30", "day is out of range"),
        ("date: 2025-01-06", "date: soon", "a day like 2025-03-31 is expected here, not 'soon'"),
        ("date: 2025-01-06", "date: 0001-01-01", "not a day from 1900 to 2199"),
        ("price: 7.5", "price: .inf", "the number .inf is not read"),
        ("price: 7.5", "price: seven", "a number is expected here, not 'seven'"),
        ("action: sell, shares: 100", "action: sell, shares: 900", "100 of X are held in T1"),
        ("action: sell,", "action: sell, account: T9,", "there is no account `T9`"),
        ("action: sell,", "action: sell, method: best,", "`best` is not known"),
        ("action: sell,", "action: sell, lots: [{lot: b9}],", "of b9: the lot has 0"),
        ("  inputs:\n", "  policy: {spouze: defer}\n  inputs:\n", "there is no switch `spouze`"),
        ("  inputs:\n", "  policy: {spouse: maybe}\n  inputs:\n", "`maybe` is not known"),
        ("  inputs:\n", "  variants: [{expected: {}}]\n  inputs:\n", "the key `name` is missing"),
        ("    transactions:", "    transaction:", "the key `transactions` is missing"),
        ("cases:\n", "cases: 5\nmore:\n", "a list is expected here, not '5'"),
        ("  expected:\n", "  expected: {}\n  more:\n", "nothing is expected of this case"),
        ("cases:\n", "case:\n", "the key `cases` is missing"),
        ("price: 7.5", "price: 1.0e+9999999999999999999", "e+9999999999999999999 is not read"),
        ("price: 7.5", "price: !!float 7e", "the number 7e is not read"),
        ("price: 7.5", "price: 7.5, fees: !!bool often", "fees: often is not read"),
        ("date: 2025-01-06", "date: !!timestamp soon", "date: soon is not read"),
    ],
)
def test_a_malformed_case_is_a_diagnostic(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in LOTS
    result = cases_of(written(tmp_path, LOTS.replace(old, new, 1)))
    assert result.exit_code == 1
    assert "error[E0612]" in result.stderr
    assert said in " ".join(result.stderr.split())
    assert "1 malformed" in result.stdout
    assert "Traceback" not in result.output


def test_an_impossible_sale_has_its_place_whatever_stands_beside_it(tmp_path: Path) -> None:
    text = LOTS.replace("action: sell, shares: 100", "action: sell, shares: 900")
    for beside in ("history: none", "history: [none, {id: [s1]}]"):
        result = cases_of(
            written(tmp_path, text.replace("    transactions", f"    {beside}\n    transactions"))
        )
        assert result.exit_code == 1
        assert "transactions[1]: s1 disposes of 900 shares" in " ".join(result.stderr.split())


def test_what_nobody_reads_is_said(tmp_path: Path) -> None:
    text = LOTS.replace("price: 8}", "price: 8, broker: Z}").replace(
        "  kind:", "  kinds: 1\n  kind:"
    )
    result = run_file(written(tmp_path, text + "author: me\n"))
    assert result.passed
    assert [each.message for each in result.diagnostics] == [
        "cases[0]: the key `kinds` is not read",
        "cases[0].inputs.transactions[2]: the key `broker` is not read",
        "the file: the key `author` is not read",
    ]


def test_a_key_that_the_library_does_not_have_is_a_difference(tmp_path: Path) -> None:
    result = cases_of(written(tmp_path, LOTS.replace("basis: 420", "bases: 420")))
    assert "open_lots[lot b2].bases: expected 420, found no such key" in result.stdout
    totals = LOTS + "    totals: {2025_tax: 5}\n    surplus: 7\n"
    shown = cases_of(written(tmp_path, totals)).stdout
    assert "totals.2025_tax: expected 5, found no such key" in shown
    assert "surplus: expected 7, found no such key" in shown


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"cases: [", "no YAML"),
        (b"a: 1\n---\na: 2\n", "no YAML"),
        (b"cases: &a [*a]", "contains itself"),
        (b"cases: []\ncases: []", "given twice"),
        (b"? [a]\n: b", "a key has to be a word"),
        (b"cases:\n\x00", "no YAML"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"\xe4", "not UTF-8"),
        (b"[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_yaml_is_a_diagnostic(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_bytes(data)
    result = cases_of(path)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "0 cases, 0 variants: 1 malformed" in result.stdout
    assert "Traceback" not in result.output


TOKENS = st.sampled_from(sorted(set(re.findall(r"[\w.-]+|[^\w\s]", LOTS))))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 200), TOKENS), min_size=1, max_size=4))
def test_words_that_are_exchanged_are_never_an_accident(
    tmp_path: Path, exchanged: list[tuple[int, str]]
) -> None:
    parts = re.findall(r"[\w.-]+|[^\w\s]|\s+", LOTS)
    for place, token in exchanged:
        parts[place % len(parts)] = token
    result = run_file(written(tmp_path, "".join(parts)))
    assert result.verdicts or result.diagnostics


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["E0611", "E0612", "W0613"])
def test_a_page_shows_the_mistake_and_the_way_out(code: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "errors" / f"{code}.md").read_text(encoding="utf-8")
    wrong, right = re.findall(r"^(?:Wrong|Right):\n\n```\n(.*?)```$", page, re.M | re.S)
    found = run_file(written(tmp_path, wrong))
    assert {each.code for each in found.diagnostics} == {code}
    assert found.passed is (code[0] == "W")
    mended = run_file(written(tmp_path, right))
    assert (mended.diagnostics, mended.passed, len(mended.verdicts)) == ((), True, 1)


def test_the_example_of_the_page_on_tax_passes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tax.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)```$", page, re.M | re.S)
    result = run_file(written(tmp_path, example))
    assert [each.variant for each in result.verdicts] == [None, "as the broker reports"]
    assert (result.passed, result.diagnostics) == (True, ())


def test_the_page_names_every_kind_and_switch() -> None:
    page = (ROOT / "docs" / "tax.md").read_text(encoding="utf-8")
    assert [name for name in (*KINDS, *SWITCHES) if f"`{name}`" not in page] == []
