"""`policydsl models ...`: take in a provider's models, compare versions of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from policydsl import options, output
from policydsl.model_impact import impact, reached, with_models
from policydsl.model_report import changes_document, changes_text
from policydsl.policies import policies_there
from policydsl.record.waiting import Waiting
from policydsl.side_by_side import compared_document, compared_table
from portfolio.book import load_book
from portfolio.findings import render_findings
from portfolio.model_changes import ModelTable, model_changes, read_model_table
from portfolio.provided import Intake, TakenIn, take_in


@click.group(name="models")
def command() -> None:
    """Take in the models of a provider, or compare two states of them."""


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.book(required=True)
@options.strict
@options.common()
@click.pass_context
def import_(ctx: click.Context, file: Path, book_folder: Path, strict: bool, form: str) -> None:
    """Take a provider's models into a book: CSV, or TOML where the file is so called.

    Everything is checked first, all mistakes in one run; with any of them nothing is written. New
    versions are added to `models.csv`, what is said of the models to `model_facts.csv`.

    \b
    Example
      policydsl models import acme.csv --book book
    """
    book = load_book(book_folder)
    try:
        intake = take_in(file, book_folder, book)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    refused = bool(intake.errors or (strict and intake.findings))
    texts = {} if refused or intake.texts is None else intake.texts
    for name, text in texts.items():
        _replace(book_folder / name, text)
    if form == "json":
        output.result_json(
            {
                "book": str(book_folder),
                "written": sorted(texts),
                "versions": [_version_json(each) for each in intake.versions],
                "findings": [each.to_json() for each in intake.findings],
            }
        )
    else:
        output.result(_told(intake, book_folder, sorted(texts), refused=refused))
    ctx.exit(1 if refused else 0)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(path)


def _told(intake: Intake, folder: Path, written: list[str], *, refused: bool) -> str:
    lines = [_version_text(each) for each in intake.versions]
    if intake.findings:
        lines += ["", render_findings(intake.findings).rstrip("\n")]
    if refused:
        lines.append(f"nothing is written to {folder}")
    else:
        lines.append(f"{folder}: " + (f"wrote {' and '.join(written)}" if written else "no change"))
    return "\n".join(lines).lstrip("\n") + "\n"


def _version_text(version: TakenIn) -> str:
    alternates = sum(len(part.ranked) - 1 for part in version.parts)
    parts = output.counted(len(version.parts), "component")
    more = f" and {output.counted(alternates, 'alternate')}" if alternates else ""
    facts = version.facts
    said = [facts.get("provider", "")]
    said += [f"{facts['fee_bps']} bps a year"] if "fee_bps" in facts else []
    said += [f"for {facts['programs'].replace(';', ', ')}"] if "programs" in facts else []
    about = f"; {', '.join(filter(None, said))}" if any(said) else ""
    known = " (the book has it)" if version.known else ""
    return f"{version.model_id} from {version.effective_from}: {parts}{more}{about}{known}"


def _version_json(version: TakenIn) -> dict[str, object]:
    return {
        "model_id": version.model_id,
        "effective_from": version.effective_from.isoformat(),
        "components": [
            {
                "component": part.ranked[0],
                "weight": f"{part.weight:f}",
                "alternates": part.ranked[1:],
            }
            for part in version.parts
        ],
        "facts": dict(version.facts),
        "known": version.known,
    }


@command.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True))
@options.book(required=False)
@options.policies
@options.as_of
@options.common()
@click.pass_context
def diff(
    ctx: click.Context,
    old: Path,
    new: Path,
    book_folder: Path | None,
    policies: Path | None,
    as_of: date | None,
    form: str,
) -> None:
    """Compare two states of the models: what came, what went, what moved, and from which day.

    OLD and NEW are tables (`models.csv`) or the folders of books. With a book, its households that
    follow a changed model are solved with the old ones and with the new: trades, turnover, tax and
    tracking error side by side.

    \b
    Examples
      policydsl models diff book/models.csv new.csv
      policydsl models diff book new.csv --book book --as-of 2026-07-01
    """
    states = [_read(path) for path in (old, new)]
    if None in states:
        ctx.exit(1)
    before, after = (state for state in states if state is not None)
    changes = model_changes(before, after)
    told: dict[str, object] = {"old": str(old), "new": str(new)}
    told["models"] = changes_document(changes)
    shown = changes_text(changes) or "the models are the same\n"
    if book_folder is not None:
        found, text = _impact(ctx, before, after, book_folder, policies_there(policies), as_of)
        told["impact"], shown = found, f"{shown}\n{text}"
    if form == "json":
        output.result_json(told)
    else:
        output.result(shown)
    wrong = [*before.findings, *after.findings]
    if wrong:
        output.note(render_findings(dict.fromkeys(wrong)))
    ctx.exit(1 if wrong else 0)


def _read(path: Path) -> ModelTable | None:
    table, findings = read_model_table(path)
    if findings:
        output.note(f"{path}:\n{render_findings(findings)}")
    return None if findings else table


def _impact(
    ctx: click.Context,
    old: ModelTable,
    new: ModelTable,
    book: Path,
    policies: Path,
    as_of: date | None,
) -> tuple[dict[str, object], str]:
    """What the change does to a book on a day, as a document and in words."""
    before, after = with_models(book, policies, as_of, old, new)
    for inputs in (before, after):
        output.end_where_stopped(ctx, inputs.book)
    day = before.book.as_of
    households = reached(before, after, old, new)
    with Waiting() as waiting:
        sides = impact(before, after, households, waiting)
        document = {"as_of": day.isoformat(), **compared_document(sides)}
        text = compared_table(sides)
    if not households:
        return document, f"on {day} no household of {before.book.name} follows a changed model\n"
    count = output.counted(len(households), "household")
    verb = "follows" if len(households) == 1 else "follow"
    lead = f"on {day} {count} of {before.book.name} {verb} a changed model\n"
    return document, lead + text
