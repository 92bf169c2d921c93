"""`policydsl report`: pages for people, from a finished run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from policydsl import options, output
from policydsl.progress import followed
from policydsl.reports.household import household_page
from policydsl.reports.html import to_html
from policydsl.reports.pages import Page
from policydsl.reports.pdf import to_pdf
from policydsl.reports.record import NotARecordError, Record, read_record
from policydsl.reports.tax import tax_page
from policydsl.reports.whole_run import policy_of_run_page, run_page, tax_of_run_page


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--kind",
    type=click.Choice(["trades", "tax", "policy"]),
    required=True,
    help="Trades and their reasons, each taxpayer's year, or what each rule did.",
)
@click.option(
    "--household",
    "households",
    multiple=True,
    metavar="ID",
    help="Only this household; may be repeated.",
)
@click.option(
    "--for",
    "reader",
    type=click.Choice(["advisor", "auditor"]),
    default="advisor",
    show_default=True,
    help="An auditor's pages leave nothing out: file and line of rules, lots, ledgers.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "pdf"]),
    default="html",
    show_default=True,
    help="For a browser, or for paper. Either is one file that needs nothing else.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder for the pages; files of the same names are replaced.",
)
@options.debug
def command(
    run: Path,
    kind: str,
    households: tuple[str, ...],
    reader: str,
    form: str,
    folder: Path,
) -> None:
    """Write pages for people from a run: its households and all together, or its policy book.

    A household without trades has a page too: it says why, and what to do.

    \b
    Examples
      policydsl report run --kind trades -o pages
      policydsl report run --kind tax --household H00001 -o pages
      policydsl report run --kind policy -o pages
      policydsl report run --kind trades --format pdf -o paper
      policydsl report run --kind trades --household H00001 --for auditor -o pages
    """
    if folder.resolve().is_relative_to(run.resolve()):
        raise click.UsageError("a finished run is not written into: name another folder with -o")
    try:
        record = read_record(run, households)
        pages = _pages(kind, record, auditor=reader == "auditor")
        names = _written(pages, folder, form, len(record.documents))
    except NotARecordError as error:
        raise click.UsageError(str(error)) from error
    count = output.counted(len(record.documents), "household")
    output.result(f"{folder / names[0]}{f', and {count}' if len(names) > 1 else ''}")


def _written(pages: Iterator[Page], folder: Path, form: str, households: int) -> list[str]:
    """The files of the pages, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for page in followed(pages, households + (households > 1), "pages"):
        name = f"{page.name}.{form}"
        (folder / name).write_bytes(to_pdf(page) if form == "pdf" else to_html(page).encode())
        names.append(name)
    return names


def _pages(kind: str, record: Record, *, auditor: bool) -> Iterator[Page]:
    """The front page of several households, then theirs; of the policy book one page."""
    if kind == "policy":
        yield policy_of_run_page(record)
        return
    if len(record.documents) > 1:
        yield tax_of_run_page(record) if kind == "tax" else run_page(record)
    of_household = tax_page if kind == "tax" else household_page
    for document in record.documents:
        yield of_household(record, document, auditor=auditor)
