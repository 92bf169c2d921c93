"""`policydsl test`: golden failures, the pages that speak of them, the shipped tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from policydsl.trials.codes import CODES
from policydsl.trials.report import as_text
from policydsl.trials.results import Verdict, verdicts
from policydsl.trials.run import Bench
from policydsl.trials.suite import suites

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
    golden(case / "expected.txt", re.sub(r", in \d+\.\d s$", "", shown, flags=re.M))


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
