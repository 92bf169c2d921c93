"""`policydsl effective`: what holds for one account, and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from compiler.check import check_policies
from compiler.effective import effective
from compiler.effective_report import render_effective, to_json
from compiler.effective_tree import render_tree
from compiler.policyset import load_policies
from compiler.reader import closest
from policydsl import options, output
from policydsl.checking import known_securities
from policydsl.chosen import with_chosen_models
from policydsl.memory import collector_off
from policydsl.policies import policies_folder
from portfolio.book import Book, load_book
from portfolio.household import Household


@click.command()
@options.policies
@options.book(required=True)
@click.option("--account", "account_id", required=True, metavar="ID", help="The account's id.")
@options.as_of
@options.common("tree")
@click.pass_context
def command(
    ctx: click.Context,
    policies: Path | None,
    book_folder: Path,
    account_id: str,
    as_of: date | None,
    form: str,
) -> None:
    """Show the merged policy of one account: every value, what won, what lost, and why.

    As a table, as JSON, or as a tree: layers from the highest down, boundaries apart from values,
    what replaced what, and what is not in force.

    \b
    Examples
      policydsl effective --book book --account H00001-TX
      policydsl effective --book book --account H00001-TX --format tree
    """
    book = load_book(book_folder, as_of)
    output.end_where_stopped(ctx, book)
    with collector_off():
        loaded = load_policies(policies_folder(policies))
        typed = check_policies(loaded, book.attributes, known_securities(book), book.as_of)
    household = household_of(account_id, with_chosen_models(book, typed))
    found = effective(typed, household, account_id)
    if form == "json":
        output.result_json(to_json(found))
    elif form == "tree":
        output.result(render_tree(found, typed.sources, colour=output.colour()))
    else:
        output.result(render_effective(found, typed.sources, colour=output.colour()))
    ctx.exit(1 if found.held else 0)


def household_of(account_id: str, book: Book) -> Household:
    """The household that has the account; UsageError where none has."""
    holder = book.holder(account_id)
    if holder is not None:
        return book.household(holder)
    near = closest(account_id, book.account_ids)
    advice = f": did you mean {near}?" if near else ""
    raise click.UsageError(f"{book.name} has no account {account_id}{advice}")
