"""What policies bring into portfolios that no household of the book has by itself."""

from __future__ import annotations

from compiler.check import TypedPolicies
from compiler.directives.model_choice import ModelChoice
from portfolio.book import Book


def with_chosen_models(book: Book, typed: TypedPolicies) -> Book:
    """The book with the models and securities that these policies bring in, in every snapshot, and
    with none that others brought in; the same book where that changes nothing."""
    kinds = [statement.directive for statement in typed.statements]
    found = book.as_loaded()
    found = found.with_models(each.model_id for each in kinds if isinstance(each, ModelChoice))
    if any(each.brings_equivalents for each in kinds):
        found = found.with_equivalents()
    found = found.with_securities(name for each in kinds for name in each.brings_in)
    return book if found.brought_in == book.brought_in else found
