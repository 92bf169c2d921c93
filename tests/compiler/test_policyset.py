"""Policy sets as folders: members, order, and what cannot be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from compiler.check import check_policies
from compiler.layers import household_policy
from compiler.policyset import LAYERS, load_policies

RULE = "layer firm\nrule {}.x\n never buy anything\n"


def test_every_policy_file_below_belongs(load) -> None:
    policies = load({"b/z.policy": "", "a.policy": "", "b/a.policy": "", "notes.txt": "rule"})
    assert [file.path for file in policies.files] == ["a.policy", "b/a.policy", "b/z.policy"]
    assert (policies.name, policies.layers) == ("policies", LAYERS)


def test_a_nested_manifest_begins_another_set(load) -> None:
    files = {
        "policyset.toml": 'name = "house"\n',
        "firm.policy": "",
        "catalogue/policyset.toml": "",
        "catalogue/deep/c.policy": "",
    }
    policies = load(files)
    assert policies.name == "house"
    assert [file.path for file in policies.files] == ["firm.policy"]


def test_members_are_what_the_manifest_says(load) -> None:
    manifest = 'members = ["firm/*.policy", "**/core.policy"]\nlayers = ["firm", "desk"]\n'
    files = {"policyset.toml": manifest}
    files |= dict.fromkeys(("firm/a.policy", "ipc/core.policy", "ipc/draft.policy"), "")
    policies = load(files)
    assert [file.path for file in policies.files] == ["firm/a.policy", "ipc/core.policy"]
    assert policies.layers == ("firm", "desk")


def test_a_pattern_behind_a_bang_takes_files_out(load) -> None:
    manifest = 'members = ["**/*.policy", "!tests/**", "!old.policy", "tests/kept.policy"]\n'
    names = ("a.policy", "old.policy", "tests/b.policy", "tests/deep/c.policy", "tests/kept.policy")
    policies = load({"policyset.toml": manifest, **dict.fromkeys(names, "")})
    assert [file.path for file in policies.files] == ["a.policy", "tests/kept.policy"]


def test_the_manifest_says_what_holds_for_all_tests(load) -> None:
    manifest = "[tests]\ntoday = 2026-09-01\ncoverage = { rules = 90, binding = 12.5 }\n"
    settings = load({"policyset.toml": manifest, "a.policy": ""}).tests
    assert settings.today is not None and settings.today.isoformat() == "2026-09-01"
    assert dict(settings.coverage) == {"rules": 90, "conditions": 0, "binding": 12.5}


def test_hashes_and_sources_are_of_every_file(load) -> None:
    files = {"policyset.toml": 'name = "x"\n', "a.policy": "layer firm\r\n"}
    policies = load(files)
    assert policies.hashes == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()
    }
    assert set(policies.sources) == set(files)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    policies = load_policies(tmp_path / "polices")
    assert [each.code for each in policies.diagnostics] == ["E0231"]


def test_a_folder_without_policies(load) -> None:
    assert [each.code for each in load({}).diagnostics] == ["W0235"]


def test_a_manifest_in_another_encoding(load, tmp_path: Path, household) -> None:
    load({"a.policy": RULE.format("f")})
    (tmp_path / "policies" / "policyset.toml").write_bytes('name = "x"'.encode("utf-16"))
    policies = load_policies(tmp_path / "policies")
    assert [each.code for each in policies.diagnostics] == ["E0234"]
    held = household_policy(check_policies(policies), household).held
    assert held == {
        "H1-TX": ("E0234 policyset.toml:1",),
        "H1-IRA": ("E0234 policyset.toml:1",),
    }


@pytest.mark.parametrize(
    ("manifest", "entries"),
    [
        ("layers = []", ["layers"]),
        ('layers = ["firm", "firm"]', ["layers"]),
        ('layers = ["fi rm"]', ["layers.0"]),
        ('members = ["/etc/*.policy", "../x"]', ["members.0", "members.1"]),
        ("name = 3\nnmae = 4", ["name", "nmae"]),
        ('[attributes.securities.x]\ntype = "percent"', ["attributes.securities.x.type"]),
        ('[attributes.stocks.x]\ntype = "text"', ["attributes.stocks"]),
    ],
)
def test_every_mistake_of_a_manifest_is_found(load, manifest: str, entries: list[str]) -> None:
    policies = load({"policyset.toml": manifest, "a.policy": RULE.format("f")})
    found = [each for each in policies.diagnostics if each.code == "E0233"]
    assert sorted(each.message.split("`")[1] for each in found) == sorted(entries)
    lines = manifest.splitlines()
    assert all(1 <= each.primary.span.line <= len(lines) for each in found)


def test_a_set_is_checked_without_a_book(load) -> None:
    files = {
        "policyset.toml": '[attributes.securities."revenue.coal"]\ntype = "fraction"\n',
        "a.policy": "layer firm\nrule f.x\n never buy anything where revenue.coal above 5%\n",
    }
    typed = check_policies(load(files))
    assert typed.diagnostics == ()
    assert len(typed.statements) == 1


def test_a_column_the_book_does_not_have_is_missing(load, check, household) -> None:
    files = {
        "policyset.toml": '[attributes.securities."revenue.coal"]\ntype = "fraction"\n',
        "a.policy": "layer firm\nrule f.x\n never buy anything where revenue.coal above 5%\n",
    }
    typed = check(load(files))
    assert [each.code for each in typed.diagnostics] == ["W0204"]
    assert household_policy(typed, household).held == {}


def test_seven_mistakes_in_seven_places(load, check) -> None:
    text = """layer firm
define smokes as anything where industy is "Tobacco"
rule f.a
 never hold smoke
rule f.b
 keep cash at most 3%
rule f.c
 keep each sector within 3% of model
rule f.d
 keep realized gains at most $5 each year
rule f.e
 when account.tipe is "taxable"
 never sell anything where lot.loss above 5%
"""
    found = check(load({"a.policy": text})).diagnostics
    rows = text.splitlines()
    marked = [
        rows[at.line - 1][at.column - 1 : at.end_column - 1]
        for at in (each.primary.span for each in found)
    ]
    assert marked == ["industy", "smoke", "3%", "3%", "at most $5", "account.tipe", "5%"]
    assert [each.code for each in found] == [
        "E0201",
        "E0202",
        "E0301",
        "E0303",
        "E0304",
        "E0201",
        "E0302",
    ]


def test_a_name_that_is_nearly_right_is_not_passed_over(load) -> None:
    near = ("H1.policy.txt", "H2.polcy", "deep/H3.POLICY", "H4.pol")
    others = ("notes.txt", "a.policytest", "list.csv", "old/H5.policy.txt", "a.policy.bak")
    manifest = {"policyset.toml": 'members = ["**/*.policy", "!old/**"]\n'}
    policies = load({"a.policy": "layer firm\n", **manifest, **dict.fromkeys(near + others, "")})
    found = [(each.code, each.primary.span.path) for each in policies.diagnostics]
    assert sorted(found) == sorted(("W0242", path) for path in near)
