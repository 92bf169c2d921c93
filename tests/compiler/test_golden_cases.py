"""Each folder of `cases` is a policy set with a mistake, and what is said about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.codes import CODES
from compiler.policyset import load_policies
from grammar.diagnostics import render_text

CASES = sorted(path for path in Path(__file__).parent.glob("cases/*") if path.is_dir())
PAGES = Path(__file__).parents[2] / "docs" / "errors"
OF_HOUSEHOLDS = {"E0412"}
"""Mistakes that only a household shows: test_amounts.py has them."""
IN_FOLDERS = OF_HOUSEHOLDS | {"E0231", "E0234", "W0235", "W0242"}
"""Mistakes of folders and bytes, which no text can show: test_policyset.py has them."""
IN_ACCOUNTS = {"E0422"}
"""Mistakes that only an account of a book can show: test_boundaries.py has them."""
IN_TEXT = sorted(set(CODES) - IN_FOLDERS - IN_ACCOUNTS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, check, golden) -> None:
    policies = load_policies(case / "policies")
    shown = render_text(check(policies).diagnostics, policies.sources)
    golden(case / "expected.txt", shown)


@pytest.mark.parametrize("code", IN_TEXT)
def test_every_code_has_a_case(code: str) -> None:
    cases = [case for case in CASES if case.name.startswith(code)]
    assert cases, f"no case for {code}"
    assert f"[{code}]" in (cases[0] / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", IN_TEXT)
def test_a_page_shows_the_mistake_and_the_way_out(code: str, tmp_path: Path, check) -> None:
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    wrong, right = re.findall(r"^(?:Wrong|Right):\n\n```\n(.*?)```$", page, re.M | re.S)
    assert code in found(tmp_path / "wrong", wrong, check)
    assert found(tmp_path / "right", right, check) == set()


def found(folder: Path, text: str, check) -> set[str]:
    """Codes of a set whose files are told apart by comments such as `# ipc/core.policy`."""
    path = folder / "input.policy"
    for line in text.splitlines(keepends=True):
        named = re.fullmatch(r"# (\S+\.(?:policy|toml|csv))\n", line)
        if named:
            path = folder / named[1]
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    return {each.code for each in check(load_policies(folder)).diagnostics}
