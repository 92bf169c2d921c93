"""`policydsl runs ...`: what a run says beside another."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from policydsl import options, output
from policydsl.day_to_day.attribution import attributions
from policydsl.day_to_day.attribution_report import attribution_document, attribution_text
from policydsl.day_to_day.comparison import compared_runs
from policydsl.day_to_day.document import comparison_document
from policydsl.day_to_day.recorded import NotARunError, read_run
from policydsl.day_to_day.report import comparison_text
from policydsl.progress import followed


@click.group(name="runs")
def command() -> None:
    """Compare runs: why today's trades are not yesterday's."""


@command.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--household", "only", multiple=True, metavar="ID", help="Only this household.")
@click.option(
    "--attribute/--no-attribute",
    default=None,
    help="Solve households again to find which cause changed their orders. Default: those named.",
)
@options.common()
def diff(
    before: Path, after: Path, only: tuple[str, ...], attribute: bool | None, form: str
) -> None:
    """Compare two runs: what changed between the days, and what that did to the trades.

    \b
    Examples
      policydsl runs diff yesterday today
      policydsl runs diff yesterday today --household H00001
      policydsl runs diff yesterday today --attribute
    """
    try:
        a, b = read_run(before), read_run(after)
    except NotARunError as error:
        raise click.UsageError(str(error)) from None
    unknown = sorted(set(only) - (set(a.documents) & set(b.documents)))
    if unknown:
        raise click.UsageError(f"not in both runs: household {', '.join(unknown)}")
    found = compared_runs(a, b, only)
    wanted = bool(only) if attribute is None else attribute
    reasons = attributions(found, partial(followed, what="households")) if wanted else None
    if form == "json":
        document = comparison_document(found)
        document["attribution"] = None if reasons is None else attribution_document(reasons)
        output.result_json(document)
    else:
        output.result(comparison_text(found))
        if reasons:
            output.result("\n" + attribution_text(reasons))
