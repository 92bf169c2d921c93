"""`policydsl docs`: the policy book of a set, for people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from compiler.check import check_policies
from compiler.policyset import load_policies
from grammar.diagnostics import Severity
from policydsl import options, output
from policydsl.checking import known_securities
from policydsl.policies import policies_folder
from policydsl.policy_book import policy_book
from policydsl.policy_book_markdown import to_markdown
from policydsl.reports.html import to_html
from policydsl.reports.pdf import to_pdf
from policydsl.reports.policy import policy_page
from portfolio.book import load_book

MARKDOWN, HTML, PDF = "policy-book.md", "policy-book.html", "policy-book.pdf"


@click.command()
@options.policies
@options.book(required=False)
@options.as_of
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder for the pages. Default: Markdown to stdout.",
)
@options.common()
@click.pass_context
def command(
    ctx: click.Context,
    policies: Path | None,
    book_folder: Path | None,
    as_of: date | None,
    folder: Path | None,
    form: str,
) -> None:
    """Write the policy book: every rule by layer, with reason, owner, dates, waivers, references.

    With a day, or a book that has one, what is not in force then is marked. The folder gets the
    same book as Markdown, as one HTML file that needs nothing else, and as PDF.

    \b
    Examples
      policydsl docs --as-of 2026-03-31 -o policy-book
      policydsl docs > policy-book.md
    """
    book = None if book_folder is None else load_book(book_folder, as_of)
    day = as_of if book is None else book.as_of
    loaded = load_policies(policies_folder(policies))
    if book is None:
        typed = check_policies(loaded, today=day)
    else:
        typed = check_policies(loaded, book.attributes, known_securities(book), day)
    made = policy_book(loaded, typed, day)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page = policy_page(made)
        (folder / MARKDOWN).write_text(to_markdown(made), encoding="utf-8", newline="\n")
        (folder / HTML).write_text(to_html(page), encoding="utf-8", newline="\n")
        (folder / PDF).write_bytes(to_pdf(page))
    if form == "json":
        output.result_json({**asdict(made), "as_of": None if day is None else day.isoformat()})
    elif folder is None:
        output.result(to_markdown(made))
    else:
        files = output.counted(len(made.chapters), "file")
        said = f"{output.counted(len(made.entries), 'statement')} in {files}"
        output.result(f"{folder / MARKDOWN}, {folder / HTML}, {folder / PDF}: {said}")
    errors = [each for each in typed.diagnostics if each.severity is Severity.ERROR]
    if errors:
        output.note(output.diagnostics_text(errors, typed.sources))
    ctx.exit(1 if errors else 0)
