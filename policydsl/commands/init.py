"""`policydsl init`: a workspace to start from."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import click

from compiler.policyset import MANIFEST
from policydsl import options, output
from policydsl.commands.book import INVENTED_DAY
from policydsl.policies import shipped
from portfolio.synth import synthesise

STARTER = {
    "README.md": "README.md",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "gitignore": ".gitignore",
}
"""Files of `policydsl/starter/` and their names in a workspace."""


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@options.common()
def command(folder: Path, form: str) -> None:
    """Make a starter workspace: policies to own and change, a small book, next steps.

    \b
    Example
      policydsl init starter
    """
    _refuse_to_overwrite(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(shipped(), folder / "policies", ignore=_not_of_the_set)
    synthesise(folder / "book", households=8, securities=60, seed=1, as_of=INVENTED_DAY)
    for name, target in STARTER.items():
        text = (files("policydsl") / "starter" / name).read_text(encoding="utf-8")
        (folder / target).write_text(text, encoding="utf-8", newline="\n")
    if form == "json":
        made = ["policies", "book", *STARTER.values()]
        output.result_json({"folder": str(folder), "made": made})
        return
    output.result(f"{folder}: policies, an invented book and a README with next steps")
    output.result("")
    output.result("Try" if folder == Path() else f"Try, in {folder}")
    steps = ("check --book book", "test", "rebalance --book book -o run", "explain run")
    for line in steps:
        output.result(f"  policydsl {line}")


def _not_of_the_set(folder: str, names: list[str]) -> set[str]:
    """Code, and sets of their own inside the shipped one."""
    sets = {name for name in names if (Path(folder) / name / MANIFEST).is_file()}
    return sets | shutil.ignore_patterns("*.py", "__pycache__")(folder, names)


def _refuse_to_overwrite(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file")
    taken = [
        name
        for name in ("policies", "book", *STARTER.values())
        if (folder / name).exists() or (folder / name).is_symlink()
    ]
    if taken:
        raise click.UsageError(f"{folder} already has {', '.join(taken)}: name another folder")
