"""The shape of the house: which package imports which, what is packaged, what has a page."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_PACKAGED = {"tests", "docs", "bench", "editors", "build", "dist", "demo"}
MAY_IMPORT = {
    "grammar": set[str](),
    "portfolio": set[str](),
    "policies": set[str](),
    "compiler": {"grammar", "portfolio"},
    "solver": {"compiler", "portfolio"},
    "policydsl": {"grammar", "portfolio", "compiler", "solver", "policies"},
}
CODE = re.compile(r"[BEW]\d{4}")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(tree: ast.Module) -> Iterator[str]:
    """Full names of the modules that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full"
            yield node.module or ""


def folders_with_code() -> set[str]:
    return {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ROOT.iterdir()
        if top.is_dir() and not top.name.startswith(".") and top.name not in NOT_PACKAGED
        for path in top.rglob("*.py")
    }


# --- imports -------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_run_one_way(package: str) -> None:
    rooms = set(MAY_IMPORT) | {"tests", "bench"}
    strays = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported(parsed(path))
        if name.partition(".")[0] in rooms - {package} - MAY_IMPORT[package]
    ]
    assert modules(package)
    assert strays == []


def test_the_arrows_cover_every_package() -> None:
    assert {name.partition(".")[0] for name in folders_with_code()} == set(MAY_IMPORT)


def test_an_import_inside_a_function_is_seen() -> None:
    hidden = ast.parse(
        "def build():\n    from solver.solve import solve\n    import compiler.model\n"
    )
    assert list(imported(hidden)) == ["solver.solve", "compiler.model"]


# --- packaging -----------------------------------------------------------------------------------


def test_every_folder_with_code_is_packaged_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["packages"]) == folders_with_code()


def test_every_packaged_folder_says_what_it_is() -> None:
    assert [name for name in folders_with_code() if not init(name).exists()] == []


def init(package: str) -> Path:
    return ROOT.joinpath(*package.split("."), "__init__.py")


# --- codes ---------------------------------------------------------------------------------------


def registered_codes() -> set[str]:
    """The keys of every `CODES` of the house."""
    found: set[str] = set()
    for package in MAY_IMPORT:
        for path in modules(package):
            if any("CODES" in names for names in assigned(parsed(path))):
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                codes = set(importlib.import_module(name).CODES)
                assert not codes & found, f"{name} registers a code that another room has"
                found |= codes
    return found


def assigned(tree: ast.Module) -> Iterator[set[str]]:
    """The names that each top-level assignment of a module gives a value."""
    for node in tree.body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        yield {target.id for target in targets if isinstance(target, ast.Name)}


def written_codes() -> set[str]:
    """Every text in the code that looks like a code."""
    return {
        node.value
        for package in MAY_IMPORT
        for path in modules(package)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
    }


def test_every_code_that_is_written_is_registered() -> None:
    assert written_codes() - registered_codes() == set()


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "errors").glob("*.md")}
    assert pages == registered_codes()


def test_every_page_begins_with_its_code() -> None:
    pages = sorted((ROOT / "docs" / "errors").glob("*.md"))
    wrong = [
        page.name
        for page in pages
        if not re.match(rf"# .*\b{page.stem}\b", page.read_text(encoding="utf-8"))
    ]
    assert wrong == []
