"""What `check` finds in policy sets, with a book or without, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from compiler.check import TypedPolicies, check_policies
from compiler.layers import fold
from compiler.policyset import MANIFEST, PolicySet, load_policies, not_a_member
from compiler.scopes import owners
from grammar.diagnostics import Diagnostic, in_order, to_json
from policydsl import output
from policydsl.chosen import with_chosen_models
from policydsl.progress import followed
from policydsl.remembered import Answer
from policydsl.sarif import to_sarif
from policydsl.templates import load_templates
from portfolio.book import Book, load_book


@dataclass(frozen=True)
class Checked:
    """One policy set, and what was found in the part of it that was asked for.

    `held` names the accounts of the book that a mistake stops, with its code and place; `sources`
    are the texts that diagnostics show, those of templates included; `unheard` are the files whose
    program, advisor, household or account the book does not have.
    """

    folder: Path
    policies: PolicySet
    statements: int
    found: tuple[Diagnostic, ...]
    held: dict[str, tuple[str, ...]]
    sources: Mapping[str, str]
    unheard: tuple[str, ...] = ()


def answer(
    paths: Sequence[Path], book_folder: Path | None, as_of: date | None, form: str, strict: bool
) -> Answer:
    """What is to be said about the sets in some folders, or around some files."""
    book = None if book_folder is None else load_book(book_folder, as_of)
    if book is not None and book.findings:
        _mention(book, book_folder)
    checked = [check(path, book, as_of) for path in paths]
    errors, warnings = output.tally(each for one in checked for each in one.found)
    if form == "json":
        text = json.dumps(_as_json(checked), indent=2)
    elif form == "sarif":
        text = json.dumps(to_sarif((each.folder, each.found) for each in checked), indent=2)
    else:
        text = _as_text(checked)
    stopped = book is not None and book.stopped
    return Answer(text, 1 if errors or stopped or (strict and warnings) else 0)


def _mention(book: Book, folder: Path | None) -> None:
    """The book's own mistakes are another command's business, but not to be overlooked."""
    found = output.counted(len(book.findings), "finding")
    limits = "; policies are not merged for its accounts" if book.stopped else ""
    output.note(f"{folder} has {found}{limits}: see `policydsl book check {folder}`")


def check(path: Path, book: Book | None, as_of: date | None = None) -> Checked:
    """The set in the folder `path`, or around the file `path`, checked for the book's day, or for
    `as_of` where there is no book."""
    folder, only = (path, None) if path.is_dir() or not path.exists() else _set_around(path)
    policies = load_policies(folder)
    if only is not None and policies.manifest is None:
        policies = _alone(policies, only)
    typed = _typed(policies, book, as_of)
    merged, held = ([], {}) if book is None or book.stopped else merge(typed, book)
    templates = load_templates(folder)
    every = in_order(dict.fromkeys((*typed.diagnostics, *merged, *templates.diagnostics)))
    read = {*policies.sources, *templates.sources}
    if only is not None and not only.endswith(".policytest") and only not in {*read, MANIFEST}:
        every = in_order(dict.fromkeys((*every, not_a_member(only))))
    found = tuple(one for one in every if only is None or only in _paths(one))
    sources = {**policies.sources, **templates.sources}
    unheard = tuple(one for one in _unheard(typed) if book is not None and only in (None, one))
    return Checked(folder, policies, len(typed.statements), found, held, sources, unheard)


def _unheard(typed: TypedPolicies) -> Iterator[str]:
    """The files of which no account of the book hears."""
    for file in () if typed.names is None else typed.names.files:
        authority = file.authority
        if authority.of is not None and typed.names is not None:
            known = owners(authority.layer, typed.names.vocabulary)
            if authority.of not in known:
                yield file.tree.path


def _typed(policies: PolicySet, book: Book | None, as_of: date | None) -> TypedPolicies:
    if book is None:
        return check_policies(policies, today=as_of)
    return check_policies(policies, book.attributes, known_securities(book), book.as_of)


def merge(
    typed: TypedPolicies, book: Book, households: Sequence[str] | None = None
) -> tuple[list[Diagnostic], dict[str, tuple[str, ...]]]:
    """What disagrees only for some account of the book, and the accounts held by a mistake.

    `households` names those to be looked at; without it, all that are not on hold.
    """
    found: list[Diagnostic] = []
    held: dict[str, tuple[str, ...]] = {}
    every = book.household_ids if households is None else households
    ids = [each for each in every if each not in book.households_on_hold]
    book = with_chosen_models(book, typed)
    for household in map(book.household, followed(ids, len(ids), "households merged")):
        for account in household.accounts:
            policy = fold(typed, household, account)
            found += (clash.diagnostic for clash in policy.clashes)
            found += (each.found for each in policy.waivers if each.found is not None)
            if policy.held:
                held[account.id] = policy.held
    return found, held


def known_securities(book: Book) -> frozenset[str]:
    """Ids and tickers."""
    return frozenset().union(
        *(
            attribute.values
            for attribute in book.attributes
            if attribute.table == "securities" and attribute.name in ("security_id", "ticker")
        )
    )


def _set_around(file: Path) -> tuple[Path, str]:
    """The folder of the set a file belongs to, and the file's name in it."""
    whole = file.resolve()
    for above in whole.parents:
        if (above / MANIFEST).exists():
            return above, whole.relative_to(above).as_posix()
    return file.parent, file.name


def _alone(policies: PolicySet, name: str) -> PolicySet:
    """A file of no set: what lies beside it does not belong to it."""
    return replace(
        policies,
        files=tuple(file for file in policies.files if file.path == name),
        diagnostics=tuple(each for each in policies.diagnostics if name in _paths(each)),
    )


def _paths(diagnostic: Diagnostic) -> set[str]:
    return {label.span.path for label in (diagnostic.primary, *diagnostic.related)}


def _as_text(checked: Sequence[Checked]) -> str:
    parts = []
    for each in checked:
        if each.found:
            parts.append(output.diagnostics_text(each.found, each.sources) + "\n")
        errors, warnings = output.tally(each.found)
        parts.append(
            f"{each.folder}: {output.counted(len(each.policies.files), 'file')}, "
            f"{output.counted(each.statements, 'statement')}, "
            f"{output.counted(errors, 'error')}, {output.counted(warnings, 'warning')}\n"
        )
        if each.held:
            parts.append(f"not traded until mended: {', '.join(each.held)}\n")
        if each.unheard:
            parts.append(f"speaks for nobody in the book: {', '.join(each.unheard)}\n")
    return "".join(parts)


def _as_json(checked: Sequence[Checked]) -> dict[str, object]:
    errors, warnings = output.tally(each for one in checked for each in one.found)
    return {
        "errors": errors,
        "warnings": warnings,
        "sets": [
            {
                "folder": str(each.folder),
                "name": each.policies.name,
                "files": [file.path for file in each.policies.files],
                "statements": each.statements,
                "diagnostics": [to_json(one) for one in each.found],
                "held": {account: list(causes) for account, causes in each.held.items()},
                "unheard": list(each.unheard),
            }
            for each in checked
        ],
    }
