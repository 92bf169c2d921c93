"""`policydsl runs ...`: what a run says beside another."""

from __future__ import annotations

from pathlib import Path

import click

from policydsl import options, output
from policydsl.day_to_day.comparison import compared_runs
from policydsl.day_to_day.document import comparison_document
from policydsl.day_to_day.recorded import NotARunError, read_run
from policydsl.day_to_day.report import comparison_text


@click.group(name="runs")
def command() -> None:
    """Compare runs: why today's trades are not yesterday's."""


@command.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--household", "only", multiple=True, metavar="ID", help="Only this household.")
@options.common()
def diff(before: Path, after: Path, only: tuple[str, ...], form: str) -> None:
    """Compare two runs: what changed between the days, and what that did to the trades.

    \b
    Examples
      policydsl runs diff yesterday today
      policydsl runs diff yesterday today --household H00001
    """
    try:
        a, b = read_run(before), read_run(after)
    except NotARunError as error:
        raise click.UsageError(str(error)) from None
    unknown = sorted(set(only) - (set(a.documents) & set(b.documents)))
    if unknown:
        raise click.UsageError(f"not in both runs: household {', '.join(unknown)}")
    found = compared_runs(a, b, only)
    if form == "json":
        output.result_json(comparison_document(found))
    else:
        output.result(comparison_text(found))
