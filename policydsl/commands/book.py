"""`policydsl book ...`: check a book, invent one, print the contract it keeps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from policydsl import options, output
from portfolio.book import book_schema, load_book
from portfolio.findings import FindingSeverity, render_findings
from portfolio.synth import synthesise
from portfolio.synth.write import FEWEST_SECURITIES

INVENTED_DAY = date(2026, 3, 31)


@click.group(name="book")
def command() -> None:
    """Check a book, invent one, or print the contract it keeps."""


@command.command()
@click.argument("book", type=click.Path(path_type=Path))
@options.as_of
@options.strict
@options.common()
@click.pass_context
def check(ctx: click.Context, book: Path, as_of: date | None, strict: bool, form: str) -> None:
    """Check a book whole: every mistake, and what it holds back.

    \b
    Example
      policydsl book check book
    """
    loaded = load_book(book, as_of)
    errors = sum(each.severity is FindingSeverity.ERROR for each in loaded.findings)
    if form == "json":
        output.result_json(
            {
                "name": loaded.name,
                "as_of": loaded.as_of.isoformat(),
                "households": len(loaded.household_ids),
                "households_on_hold": list(loaded.households_on_hold),
                "stopped": loaded.stopped,
                "errors": errors,
                "warnings": len(loaded.findings) - errors,
                "findings": [each.to_json() for each in loaded.findings],
            }
        )
    else:
        households = output.counted(len(loaded.household_ids), "household")
        output.result(f"{loaded.name}, as of {loaded.as_of}: {households}")
        output.result(render_findings(loaded.findings))
    ctx.exit(1 if errors or (strict and loaded.findings) else 0)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--households", type=click.IntRange(1), default=8, show_default=True)
@click.option("--securities", type=click.IntRange(FEWEST_SECURITIES), default=60, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--as-of", type=options.day, metavar="DATE", default=INVENTED_DAY, show_default=True)
@options.common()
def synth(
    folder: Path, households: int, securities: int, seed: int, as_of: date, form: str
) -> None:
    """Write an invented book: the same options give the same bytes.

    \b
    Example
      policydsl book synth book --households 100 --securities 500 --seed 7
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "book.toml").exists():
        raise click.UsageError(f"{folder} holds other files: name a new folder, or an old book's")
    synthesise(folder, households=households, securities=securities, seed=seed, as_of=as_of)
    if form == "json":
        made = {"households": households, "securities": securities, "seed": seed}
        output.result_json({"book": str(folder), "as_of": as_of.isoformat(), **made})
    else:
        held = f"{output.counted(households, 'household')}, {securities} stocks"
        output.result(f"{folder}: {held}, as of {as_of}, seed {seed}")


@command.command()
@options.common()
def schema(form: str) -> None:
    """Print the contract of a book as JSON Schema.

    \b
    Example
      policydsl book schema > book.schema.json
    """
    del form
    output.result_json(book_schema())
