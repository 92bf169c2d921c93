"""What a change of models does to a book: households that follow one, solved with old and new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from policydsl.chosen import with_chosen_models
from policydsl.inputs import Inputs, policy_of, read_inputs
from policydsl.progress import followed
from policydsl.rebalance import outcomes
from policydsl.record.waiting import Waiting
from policydsl.side_by_side import SideBySide
from portfolio.book import load_book
from portfolio.model_changes import ModelTable, changed_on


def with_models(
    book: Path, policies: Path, as_of: date | None, old: ModelTable, new: ModelTable
) -> tuple[Inputs, Inputs]:
    """The inputs of a run twice: the book with the old models, and with the new."""
    before = read_inputs(book, policies, as_of, models=old.path)
    after = load_book(book, as_of, models=new.path)
    changed = replace(before, book=with_chosen_models(after, before.typed), seconds={})
    return before, changed


def reached(before: Inputs, after: Inputs, old: ModelTable, new: ModelTable) -> tuple[str, ...]:
    """The households with an account that follows a changed model on the book's day, of the book
    or as a rule chooses."""
    changed = changed_on(old, new, before.book.as_of)
    chosen = {
        model
        for statement in before.typed.statements
        if statement.directive.kind == "model"
        for model in [statement.directive.model_id]  # type: ignore[attr-defined]
    }
    return tuple(
        name
        for name in before.book.household_ids
        if any(
            changed & set(_followed(inputs, name, asked=bool(changed & chosen)))
            for inputs in (before, after)
        )
    )


def _followed(inputs: Inputs, household_id: str, *, asked: bool) -> Iterator[str]:
    household = inputs.book.household(household_id)
    for account in household.accounts:
        yield account.model_id
    if asked:
        for scope in policy_of(inputs, household).statements:
            if scope.directive.kind == "model":
                yield scope.directive.model_id  # type: ignore[attr-defined]


def impact(
    before: Inputs, after: Inputs, households: tuple[str, ...], waiting: Waiting
) -> SideBySide:
    """Each household's answer with the old models and with the new."""
    return SideBySide(
        outcomes(before, households, waiting, partial(followed, what="with the old models")),
        outcomes(after, households, waiting, partial(followed, what="with the new models")),
    )
