"""`policydsl test`: golden failures, the pages that speak of them, the shipped tests."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from policydsl.cli import cli
from policydsl.trials.codes import CODES
from policydsl.trials.report import as_text
from policydsl.trials.results import Verdict, verdicts
from policydsl.trials.run import Bench
from policydsl.trials.suite import suites
from portfolio.synth import synthesise

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path for path in (Path(__file__).parent / "trials").iterdir() if path.is_dir())
MANIFEST = """
[attributes.securities]
"revenue.tobacco" = { type = "fraction", applies_to = ["stock"] }
"""


def ran(folder: Path, policies: Path) -> list[Verdict]:
    found = suites((folder,), policies, policies)
    assert found
    return list(verdicts(found, cache(Bench)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    shown = as_text(ran(Path(), Path("policies")))
    steady = re.sub(r", in \d+\.\d s$", "", shown, flags=re.M)
    golden(case / "expected.txt", re.sub(r"\d+\.\d+¢", "#¢", steady))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_case(code: str) -> None:
    cases = [case for case in CASES if case.name.startswith(code)]
    assert cases, f"no case for {code}"
    assert f"[{code}]" in (cases[0] / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_shows_the_mistake_and_the_way_out(code: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "errors" / f"{code}.md").read_text(encoding="utf-8")
    wrong, right = re.findall(r"^(?:Wrong|Right):\n\n```\n(.*?)```$", page, re.M | re.S)
    assert code in {one.code for each in written(tmp_path / "wrong", wrong) for one in each.found}
    assert [one for each in written(tmp_path / "right", right) for one in each.found] == []


def written(folder: Path, text: str) -> list[Verdict]:
    """The verdicts of files that are told apart by comments such as `# policies/ipc.policy`."""
    path = folder / "nowhere"
    for line in text.splitlines(keepends=True):
        named = re.fullmatch(r"# (\S+\.(?:policy|policytest))\n", line)
        if named:
            path = folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            continue
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    return ran(folder, folder / "policies")


def test_the_examples_of_the_page_pass(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "policy-tests.md").read_text(encoding="utf-8")
    core, family = re.findall(r"^```policy\n(.*?)^```", text, re.M | re.S)
    tests = re.findall(r"^```policytest\n(.*?)^```", text, re.M | re.S)
    assert len(tests) >= 3
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "policyset.toml").write_text(MANIFEST, encoding="utf-8")
    (policies / "core.policy").write_text(core, encoding="utf-8")
    (tmp_path / "H1042.policy").write_text(family, encoding="utf-8")
    (tmp_path / "page.policytest").write_text("\n".join(tests), encoding="utf-8")
    found = ran(tmp_path, policies)
    assert [as_text([each]) for each in found if not each.passed] == []


def test_the_shipped_policies_pass_their_tests() -> None:
    found = ran(ROOT / "policies", ROOT / "policies")
    assert [as_text([each]) for each in found if not each.passed] == []


# --- the command ---------------------------------------------------------------------------------


def called(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["test", *map(str, words)], prog_name="policydsl")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A set with a rule that tests try, one that they leave out, and a file of tests."""
    (tmp_path / "policyset.toml").write_text('name = "small"\nmembers = ["*.policy"]\n')
    (tmp_path / "core.policy").write_text(
        "layer ipc\n\n"
        'define tobacco as anything where industry is "Tobacco"\n\n'
        "rule ipc.tobacco\n    never hold tobacco\n\n"
        'rule ipc.ira\n    when account.type is "roth_ira"\n    keep cash at most 50% of account\n',
        encoding="utf-8",
    )
    (tmp_path / "core.policytest").write_text(
        'test "Smoke <& mirrors"\n'
        '    given "SMOKE" where industry is "Tobacco"\n'
        '    given 100 shares of "SOFT" where industry is "Software"\n'
        '    expect never buy "SMOKE"\n'
        "    expect rule ipc.tobacco binds\n"
        'test "Wrong"\n'
        '    given 100 shares of "SOFT" where industry is "Software"\n'
        '    expect sell "SOFT"\n',
        encoding="utf-8",
    )
    return tmp_path


def test_one_failure_fails_the_run_and_names_the_test(small: Path) -> None:
    result = called(small)
    assert result.exit_code == 1
    assert f"FAILED Wrong  ({small / 'core.policytest'}:6)" in result.stdout
    assert "2 tests: 1 passed, 1 failed" in result.stdout
    assert called(small, "-k", "SMOKE").exit_code == 0
    assert called(small, "-k", "smog").exit_code == 2


def test_json_says_what_text_says(small: Path) -> None:
    found = json.loads(called(small, "--format", "json", "--coverage").stdout)
    assert (found["tests"], found["failed"]) == (2, 1)
    assert [each["passed"] for each in found["results"]] == [True, False]
    assert found["results"][1]["diagnostics"][0]["code"] == "E0601"
    (cover,) = found["coverage"]
    assert {name: (share["done"], share["total"]) for name, share in cover["shares"].items()} == {
        "rules": (1, 2),
        "conditions": (1, 2),
        "binding": (1, 2),
    }
    guard = next(each for each in cover["conditions"] if each["owner"] == "ipc.ira")
    assert (guard["seen_true"], guard["seen_false"]) == (0, 2)


def test_junit_is_well_formed_and_counts(small: Path) -> None:
    result = called(small, "--format", "junit", "--fail-under", "50,100,0")
    suites = ElementTree.fromstring(result.stdout)
    tests, cover = suites
    assert (tests.get("tests"), tests.get("failures")) == ("2", "1")
    assert [case.get("name") for case in tests] == ["Smoke <& mirrors", "Wrong"]
    assert [len(case.findall("failure")) for case in cover] == [0, 1, 0]


def test_too_little_coverage_fails_a_green_run(small: Path) -> None:
    green = (small, "-k", "smoke")
    assert called(*green, "--coverage").exit_code == 0
    assert called(*green, "--fail-under", "50,50,50").exit_code == 0
    short = called(*green, "--fail-under", "51,50,50")
    assert short.exit_code == 1
    assert "coverage too low" in short.stdout
    assert called(*green, "--fail-under", "high").exit_code == 2
    with (small / "policyset.toml").open("a") as manifest:
        manifest.write("\n[tests]\ncoverage = { rules = 51 }\n")
    assert called(*green, "--coverage").exit_code == 1
    assert called(*green).exit_code == 0


def test_the_page_needs_nothing_else_and_marks_every_line(small: Path) -> None:
    page = small / "page.html"
    called(small, "--html", page)
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|https?:|<script", text)
    marks = dict(re.findall(r'<li class="(\w*)"[^>]*><span class="number">(\d+)', text))
    rows = {int(n): mark for mark, n in re.findall(r'<li class="(\w*)".*?number">(\d+)<', text)}
    assert marks
    assert (rows[3], rows[5], rows[8], rows[9], rows[10]) == ("all", "all", "none", "part", "")


def test_a_set_without_tests_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "core.policy").write_text("layer ipc\n")
    result = called(tmp_path)
    assert result.exit_code == 2
    assert "no tests here" in result.stderr


def test_a_line_outside_of_every_test_fails_the_run(small: Path) -> None:
    tests = small / "core.policytest"
    tests.write_text("given 5 shares\n" + tests.read_text(encoding="utf-8"), encoding="utf-8")
    result = called(small, "-k", "smoke")
    assert result.exit_code == 1
    assert "core.policytest:1" in result.stderr


def test_shared_lines_and_a_whole_book(small: Path, tmp_path: Path) -> None:
    (small / "family.given").write_text(
        'given household "H7"\ngiven 100 shares of "SMOKE" where industry is "Tobacco"\n'
    )
    synthesise(small / "invented", households=2, securities=12, seed=1, as_of=date(2026, 3, 31))
    (small / "core.policytest").write_text(
        'test "Shared"\n    given book "family"\n    given 50 shares of "SOFT"\n'
        '    expect sell "SMOKE" where household.id is "H7"\n'
        'test "Invented"\n    given book "invented"\n    given today is 2026-03-31\n'
        "    expect never buy anything where price above $1,000,000\n"
        "    expect rule ipc.tobacco applies\n"
    )
    result = called(small)
    assert "Shared" not in result.stdout, result.stdout
    assert "nothing in this test is meant by this" in result.stdout


# --- what binds ----------------------------------------------------------------------------------


def test_a_rule_binds_by_its_trace_or_by_what_changes_without_it(small: Path) -> None:
    (small / "more.policy").write_text(
        "layer ipc\n\ndefault ipc.aversion\n    use risk aversion 1\n\n"
        "rule ipc.slack\n    keep cash at most 90% of account\n",
        encoding="utf-8",
    )
    (small / "core.policytest").write_text(
        'test "Traces"\n'
        '    given 200 shares of "ONE" where sector is "A" and lot.gain_percent is 80%\n'
        '    given 200 shares of "TWO" where sector is "B"\n'
        '    given model "ONE" at 30%, "TWO" at 70%\n'
        "    expect rule ipc.aversion binds\n    expect rule ipc.slack never binds\n"
        "    expect rule ipc.tobacco never binds\n    expect rule ipc.ira never applies\n",
        encoding="utf-8",
    )
    result = called(small)
    assert result.exit_code == 0, result.stdout


def test_a_limit_that_refuses_a_waiver_binds(small: Path) -> None:
    (small / "more.policy").write_text(
        "layer ipc\n\nrule ipc.waivers\n    keep each waiver at most 30 days\n\n"
        "waive ipc.tobacco for anything\n    from 2026-05-01 until 2026-08-01\n"
        '    because "A legacy"\n    approved by "Chair"\n',
        encoding="utf-8",
    )
    (small / "core.policytest").write_text(
        'test "Too long"\n    given "SMOKE" where industry is "Tobacco"\n'
        "    given $1,000 of cash\n    expect error E0411 at ipc.waivers\n"
        '    expect rule ipc.waivers binds\n    expect never buy "SMOKE"\n',
        encoding="utf-8",
    )
    assert called(small).exit_code == 0
