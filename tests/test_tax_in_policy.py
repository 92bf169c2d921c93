"""What the page about tax in policy says to write is written, tried, and shown to bind."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from compiler.check import check_policies
from compiler.policyset import load_policies
from policydsl.cli import cli

ROOT = Path(__file__).resolve().parent.parent
WISHES = ROOT / "policies" / "tax"
PAGE = (ROOT / "docs" / "tax-in-policy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!wanted)(.+?) \| (.+?) \| ?(.*?) ?\|$", PAGE, re.M)
CLAUSES = ("until ", "except ", "existing ")
BEGIN = ("keep ", "never ", "only ", "report ", "prevent ", "replace ", "treat ", *CLAUSES)


def lines() -> list[str]:
    quoted = [line for _, write, _ in ROWS for line in re.findall(r"`([^`]+)`", write)]
    return [line for line in quoted if line.startswith(BEGIN)]


def test_every_line_of_the_page_is_sound(tmp_path: Path) -> None:
    """`until`, `except` and `existing` are clauses of the line before."""
    rules = "\n".join(
        f'rule r{number}\n    when "{number}" in household.tags\n    {line}'
        if not line.startswith(CLAUSES)
        else f"    {line}"
        for number, line in enumerate(lines())
        if line != "except to raise cash"
    )
    define = 'define fund_substitutes as "ITOT"\n'
    (tmp_path / "page.policy").write_text(f"policy page\nlayer ipc\n{define}{rules}\n", "utf-8")
    (tmp_path / "policyset.toml").write_text('name = "page"\n', "utf-8")
    assert check_policies(load_policies(tmp_path)).diagnostics == ()


def test_every_line_of_the_page_is_a_rule_that_is_tried() -> None:
    policy = (WISHES / "tax.policy").read_text(encoding="utf-8")
    said = {" ".join(line.split()) for line in re.sub(r"\n\s+and ", " and ", policy).splitlines()}
    shown = "as the year goes"
    written = {line for wanted, write, _ in ROWS if wanted != shown for line in
               re.findall(r"`([^`]+)`", write) if line.startswith(BEGIN)}  # fmt: skip
    assert written - said == set()


def test_every_test_that_the_page_names_is_there() -> None:
    tests = (WISHES / "tax.policytest").read_text(encoding="utf-8")
    named = {name for _, _, name in ROWS if name}
    assert named <= set(re.findall(r'^test "(.+)"$', tests, re.M))


def test_every_wish_binds() -> None:
    words = ["test", str(WISHES), "--policies", str(WISHES), "--coverage", "--fail-under"]
    result = CliRunner().invoke(cli, [*words, "100,100,100"], prog_name="policydsl")
    assert result.exit_code == 0, result.output
