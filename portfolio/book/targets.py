"""The models and funds of a book as recipes: the versions in force, weights checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from portfolio.book.draft import WHOLE_BOOK, Draft, Notes, Reach, Subject
from portfolio.book.files import TextTable
from portfolio.book.versions import Misfit, Version, versions
from portfolio.models import TOLERANCE, Part, cycles, flatten, in_force, linked

Recipes = dict[str, dict[str, Decimal]]
Models = dict[str, tuple[Part, ...]]


def read_models(
    table: TextTable,
    known: frozenset[str],
    followed: frozenset[str],
    as_of: date,
    notes: Notes,
) -> tuple[Models, dict[str, str]]:
    """(the version of each model in force, what cannot be used of their parts with the reasons).

    `known` are all securities and models: a name that is not among them has a finding already.
    That a model starts later is a mistake where it is `followed`, or another is made of it.
    """
    doubtful = {subject.id for subject in notes.subjects() if subject.kind == "model"}
    given, misfits = versions(table)
    for misfit in misfits:
        if misfit.model not in doubtful:
            _note_misfit(table, misfit, notes)
    doubtful |= {misfit.model for misfit in misfits if misfit.code == "B0505"}
    found: dict[str, Version] = {}
    later: list[str] = []
    for model, by_day in given.items():
        if model in doubtful:
            continue
        try:
            found[model] = by_day[in_force(by_day, as_of)]
        except ValueError:
            later.append(model)
    recipes: Recipes = linked({model: version.parts for model, version in found.items()})
    needed = followed | {name for recipe in recipes.values() for name in recipe}
    for model in later:
        first = min(min(version.rows) for version in given[model].values())
        reach = Reach.TRADES if model in needed else Reach.NOTHING
        _note_future(table, model, first, as_of, reach, notes)
    _drop_cycles(table, "model", recipes, notes)
    used: Models = {}
    for model, version in found.items():
        recipe = {part.ranked[0]: part.weight for part in version.parts}
        fits = _weights_fit(table, "model", model, recipe, version.rows[0], notes)
        if fits and model in recipes:
            used[model] = version.parts
    named = {name for recipe in recipes.values() for name in recipe}
    unknown = {name: f"the book has no {name}" for name in sorted(named - known)}
    broken = {name: f"the model {name} cannot be used" for name in sorted({*given} - {*used})}
    return used, unknown | broken


def _note_misfit(table: TextTable, misfit: Misfit, notes: Notes) -> None:
    notes.add(
        Draft(
            misfit.code,
            table.file,
            misfit.message,
            misfit.expected,
            row=misfit.row,
            column=misfit.column,
            subjects=(Subject("model", misfit.model),),
            reach=Reach.TRADES if misfit.code == "B0505" else Reach.NOTHING,
        )
    )


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
    flat = flatten(_without_broken(recipes, known, set(rows_of) - set(recipes)))
    return {fund: dict(sorted(inside.items())) for fund, inside in flat.items()}


def _note_future(
    table: TextTable, model: str, row: int, as_of: date, reach: Reach, notes: Notes
) -> None:
    notes.add(
        Draft(
            "B0506",
            table.file,
            f"every version of model {model!r} starts after {as_of}",
            f"a version in force on {as_of}",
            row=row,
            column="effective_from",
            subjects=(Subject("model", model),),
            reach=reach,
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
