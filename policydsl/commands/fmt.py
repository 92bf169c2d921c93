"""`policydsl fmt`: one layout for every policy file, the meaning unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from grammar.diagnostics import Diagnostic, Severity, to_json
from grammar.layout import layout, layout_tests, same
from grammar.parse import parse, parse_bytes
from grammar.parse_tests import parse_tests, parse_tests_bytes
from grammar.source import decode
from grammar.tree import PolicyFile
from policydsl import options, output
from policydsl.memory import collector_off
from policydsl.policies import DEFAULT

TESTS = ".policytest"


@dataclass(frozen=True)
class Formatted:
    """A file as it stands and as it should; `after` is None where errors stand in the way."""

    path: Path
    before: bytes
    after: bytes | None
    errors: tuple[Diagnostic, ...]

    @property
    def changes(self) -> bool:
        return self.after is not None and self.after != self.before


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail if a file would.")
@options.common()
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], only_check: bool, form: str) -> None:
    """Bring policy files into one layout; comments are kept, the meaning is unchanged.

    PATH is a file of policy or of tests, or a folder with such files in it or below. Default:
    `policies` here. A file that cannot be read whole is left as it is.

    \b
    Examples
      policydsl fmt
      policydsl fmt --check policies/ipc/core.policy
    """
    if not paths and not DEFAULT.is_dir():
        raise click.UsageError("there is no folder `policies` here: name a file or folder")
    with collector_off():
        found = [formatted(path) for path in policy_files(paths or (DEFAULT,))]
    if not only_check:
        for each in found:
            if each.changes and each.after is not None:
                each.path.write_bytes(each.after)
    if form == "json":
        output.result_json(_as_json(found))
    else:
        output.result(_as_text(found, only_check))
    refused = any(each.errors for each in found)
    ctx.exit(1 if refused or (only_check and any(each.changes for each in found)) else 0)


def policy_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and the files of policy and tests in and below folders, each once."""
    return list(dict.fromkeys(one for path in paths for one in _below(path)))


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        every = (one for one in path.rglob("*") if one.suffix in (".policy", TESTS))
        yield from sorted(one for one in every if one.is_file())
    else:
        yield path


def formatted(path: Path) -> Formatted:
    """The canonical layout of a file; RuntimeError if it would not say the same."""
    before, name = path.read_bytes(), str(path)
    tests = path.suffix == TESTS
    file, diagnostics = parse_tests_bytes(before, name) if tests else parse_bytes(before, name)
    errors = tuple(one for one in diagnostics if one.severity is Severity.ERROR)
    if errors:
        return Formatted(path, before, None, errors)
    text = layout(file) if isinstance(file, PolicyFile) else layout_tests(file)
    again, mistakes = parse_tests(text, name) if tests else parse(text, name)
    if mistakes or not same(file, again):
        raise RuntimeError(f"{path} would not say the same after formatting; it is left as it is")
    return Formatted(path, before, text.encode("utf-8"), ())


def _as_text(found: list[Formatted], only_check: bool) -> str:
    rows: list[str] = []
    for each in found:
        if each.errors:
            text, _ = decode(each.before, str(each.path))
            rows.append(output.diagnostics_text(each.errors, {str(each.path): text}))
            rows.append(f"{each.path}: not formatted, for its mistakes\n")
        elif each.changes:
            rows.append(f"{each.path}: {'would change' if only_check else 'formatted'}\n")
    changed = sum(each.changes for each in found)
    verb = "would change" if only_check else "formatted"
    refused = sum(bool(each.errors) for each in found)
    end = f", {refused} not formatted" if refused else ""
    return "".join(rows) + f"{output.counted(len(found), 'file')}: {changed} {verb}{end}\n"


def _as_json(found: list[Formatted]) -> dict[str, object]:
    return {
        "files": [
            {
                "path": str(each.path),
                "changes": each.changes,
                "diagnostics": [to_json(one) for one in each.errors],
            }
            for each in found
        ]
    }
