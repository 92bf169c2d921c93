"""`policydsl models ...`: take in a provider's models, compare versions of them."""

from __future__ import annotations

from pathlib import Path

import click

from policydsl import options, output
from portfolio.book import load_book
from portfolio.findings import render_findings
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
