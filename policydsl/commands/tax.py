"""`policydsl tax ...`: what the law makes of trades."""

from __future__ import annotations

from pathlib import Path

import click

from policydsl import options, output
from policydsl.progress import followed
from policydsl.tax_cases.report import as_json, as_text
from policydsl.tax_cases.run import case_files, run_file


@click.group(name="tax")
def command() -> None:
    """Try the tax library on worked examples."""


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@options.common()
@click.pass_context
def cases(ctx: click.Context, paths: tuple[Path, ...], form: str) -> None:
    """Run tax cases: every disagreement key by key, and a closing count.

    PATH is a YAML file of cases or a folder with some in it or below. A case may have variants;
    each counts by itself.

    \b
    Examples
      policydsl tax cases cases/tax
      policydsl tax cases mine.yaml --format json
    """
    files = case_files(paths)
    if not files:
        raise click.UsageError("no cases here: files that end in .yaml, in PATH or below")
    results = [run_file(path) for path in followed(files, len(files), "files")]
    found = [one for each in results for one in each.diagnostics]
    if form == "json":
        output.result_json(as_json(results))
    else:
        output.result(as_text(results))
        if found:
            output.note(output.diagnostics_text(found, {each.path: each.text for each in results}))
    ctx.exit(0 if all(each.passed for each in results) else 1)
