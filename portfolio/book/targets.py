"""The models and funds of a book as recipes: the versions in force, weights checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portfolio.book.draft import WHOLE_BOOK, Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable
from portfolio.models import TOLERANCE, cycles, flatten, in_force

Recipes = dict[str, dict[str, Decimal]]


def read_models(
    table: TextTable, known: frozenset[str], as_of: date, notes: Notes
) -> tuple[Recipes, Recipes]:
    """(recipes in force, the same flattened); models that cannot be used are noted, and absent.

    `known` are all securities and models: a model that names anything else has a finding already.
    Only rank 1 (or empty) is a component; other ranks are alternates.
    """
    doubtful = {subject.id for subject in notes.subjects() if subject.kind == "model"}
    versions: dict[str, dict[date | None, list[int]]] = {}
    starts, ranks = table.texts("effective_from"), table.texts("rank")
    components, weights = table.texts("component"), table.texts("weight")
    for row, model in enumerate(table.texts("model_id")):
        if model is None or (ranks[row] is not None and Decimal(ranks[row] or 1) != 1):
            continue
        start = starts[row]
        day = None if start is None else date.fromisoformat(start)
        versions.setdefault(model, {}).setdefault(day, []).append(row)
    recipes: Recipes = {}
    for model, by_day in versions.items():
        if model in doubtful:
            continue
        try:
            rows = by_day[in_force(by_day, as_of)]
        except ValueError:
            _note_future(table, model, min(min(rows) for rows in by_day.values()), as_of, notes)
            continue
        recipe = {components[row] or "": Decimal(weights[row] or 0) for row in rows}
        if _weights_fit(table, "model", model, recipe, rows[0], notes):
            recipes[model] = recipe
    _drop_cycles(table, "model", recipes, notes)
    return recipes, flatten(_without_broken(recipes, known, set(versions) - set(recipes)))


def read_constituents(table: TextTable, known: frozenset[str], notes: Notes) -> Recipes:
    """Funds flattened to what they hold; those that cannot be used are noted, and absent."""
    doubtful = {subject.id for subject in notes.subjects() if subject.kind == "security"}
    rows_of: dict[str, list[int]] = {}
    members, weights = table.texts("security_id"), table.texts("weight")
    for row, fund in enumerate(table.texts("fund_id")):
        if fund is not None and fund not in doubtful:
            rows_of.setdefault(fund, []).append(row)
    recipes: Recipes = {}
    for fund, rows in rows_of.items():
        recipe = {members[row] or "": Decimal(weights[row] or 0) for row in rows}
        if _weights_fit(table, "security", fund, recipe, rows[0], notes):
            recipes[fund] = recipe
    _drop_cycles(table, "security", recipes, notes)
    return flatten(_without_broken(recipes, known, set(rows_of) - set(recipes)))


def _note_future(table: TextTable, model: str, row: int, as_of: date, notes: Notes) -> None:
    notes.add(
        Draft(
            "B0506",
            table.file,
            f"every version of model {model!r} starts after {as_of}",
            f"a version in force on {as_of}",
            row=row,
            column="effective_from",
            subjects=(Subject("model", model),),
        )
    )


def _weights_fit(
    table: TextTable, kind: str, name: str, recipe: Mapping[str, Decimal], row: int, notes: Notes
) -> bool:
    total = sum(recipe.values(), Decimal(0))
    word = "model" if kind == "model" else "fund"
    if total > 1 + TOLERANCE:
        notes.add(
            Draft(
                "B0503",
                table.file,
                f"the weights of {word} {name!r} add up to {total.normalize():f}",
                "at most 1 (fractions, not percent)",
                row=row,
                column="weight",
                value=str(total),
                subjects=(Subject(kind, name),),
            )
        )
        return False
    nameless = any(draft.file == table.file and draft.code == "B0201" for draft in notes.drafts)
    if total < 1 - TOLERANCE and not nameless:
        rest = "the rest is cash" if kind == "model" else "the rest is not looked through"
        notes.add(
            Draft(
                "B0504",
                table.file,
                f"the weights of {word} {name!r} add up to {total.normalize():f}: {rest}",
                "1, if nothing is meant to be left over",
                row=row,
                column="weight",
                value=str(total),
                subjects=(Subject(kind, name),),
                reach=Reach.NOTHING,
            )
        )
    return True


def _drop_cycles(table: TextTable, kind: str, recipes: Recipes, notes: Notes) -> None:
    id_column, part = ("model_id", "component") if kind == "model" else ("fund_id", "security_id")
    wholes, parts = table.texts(id_column), table.texts(part)
    for members in cycles(recipes):
        row = next(
            row for row in range(table.rows) if wholes[row] == members[0] and parts[row] in members
        )
        path = " -> ".join((*members, members[0]))
        notes.add(
            Draft(
                "B0501" if kind == "model" else "B0502",
                table.file,
                f"{'models' if kind == 'model' else 'funds'} contain each other: {path}",
                "a model made of securities in the end",
                row=row,
                column=part,
                value=parts[row],
                subjects=(WHOLE_BOOK,)
                if kind == "model"
                else tuple(Subject(kind, member) for member in members),
            )
        )
        for member in members:
            del recipes[member]


def _without_broken(recipes: Recipes, known: frozenset[str], broken: set[str]) -> Recipes:
    """Recipes that name nothing unknown or broken, directly or deeper."""
    usable = dict(recipes)
    while True:
        bad = {
            name
            for name, recipe in usable.items()
            if broken & recipe.keys() or not recipe.keys() <= known
        }
        if not bad:
            return usable
        broken = broken | bad
        for name in bad:
            del usable[name]
