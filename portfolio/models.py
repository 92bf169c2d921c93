"""Target models: versions with effective dates, models inside models, flattened to securities.

A recipe maps the components of one model (security ids and model ids) to weights. A version with
alternates is a tuple of parts, each with its component first and who may stand in for it after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import networkx as nx

from portfolio.household import Choice, Model, Place

Recipe = Mapping[str, Decimal]

# Weights that miss 1 by no more than this are rounding and are normalised (book contract).
TOLERANCE = Decimal("0.000001")
_PLACES = Decimal("0.000000000001")


def in_force(effective: Iterable[date | None], as_of: date) -> date | None:
    """The version in force on `as_of`: the latest that is not in the future.

    None is the version since ever. Raises ValueError where every version is in the future.
    """
    started = [day for day in effective if day is None or day <= as_of]
    if not started:
        raise ValueError("every version starts after the as-of date")
    return max(started, key=lambda day: day or date.min)


def nesting(recipes: Mapping[str, Recipe]) -> nx.DiGraph:
    """The graph of models (edges from a model to the models inside it), securities left out."""
    graph = nx.DiGraph()
    graph.add_nodes_from(recipes)
    graph.add_edges_from(
        (model, component)
        for model, recipe in recipes.items()
        for component in recipe
        if component in recipes
    )
    return graph


def cycles(recipes: Mapping[str, Recipe]) -> list[tuple[str, ...]]:
    """Groups of models that contain each other, each as one round trip, in stable order."""
    graph = nesting(recipes)
    rounds = []
    for group in nx.strongly_connected_components(graph):
        members = graph.subgraph(group)
        if members.number_of_edges():
            start = min(group)
            rounds.append(tuple(edge[0] for edge in nx.find_cycle(members, start)))
    return sorted(rounds)


def normalised(weights: Recipe) -> dict[str, Decimal]:
    """Weights that miss 1 by at most `TOLERANCE` made to sum to exactly 1; others untouched."""
    total = sum(weights.values(), Decimal(0))
    if total == 1 or abs(total - 1) > TOLERANCE:
        return dict(weights)
    scaled = {name: (weight / total).quantize(_PLACES) for name, weight in weights.items()}
    largest = max(scaled, key=lambda name: scaled[name])
    scaled[largest] += 1 - sum(scaled.values(), Decimal(0))
    return scaled


def flatten(recipes: Mapping[str, Recipe]) -> dict[str, dict[str, Decimal]]:
    """Every model as weights of securities (fractions of value; the missing weight is cash).

    Each recipe is normalised first. Raises ValueError where models contain each other.
    """
    graph = nesting(recipes)
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError("models contain each other")
    flat: dict[str, dict[str, Decimal]] = {}
    for model in reversed(list(nx.lexicographical_topological_sort(graph))):
        flat[model] = normalised(_expanded(normalised(recipes[model]), flat))
    return {model: flat[model] for model in sorted(flat)}


def _expanded(recipe: Recipe, flat: Mapping[str, Recipe]) -> dict[str, Decimal]:
    weights: dict[str, Decimal] = {}
    for component, weight in recipe.items():
        inside = flat.get(component, {component: Decimal(1)})
        for security, share in inside.items():
            weights[security] = weights.get(security, Decimal(0)) + weight * share
    return weights


# --- alternates ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A weight of one version of a model, with its component and then its alternates, by rank."""

    weight: Decimal
    ranked: tuple[str, ...]


def linked(versions: Mapping[str, Sequence[Part]]) -> dict[str, dict[str, Decimal]]:
    """Each model with everything that may be in it, alternates included, as a recipe."""
    return {
        model: {name: part.weight for part in parts for name in part.ranked}
        for model, parts in versions.items()
    }


def unusable_models(
    versions: Mapping[str, Sequence[Part]], unusable: Mapping[str, str]
) -> dict[str, str]:
    """`unusable` (securities and models, with reasons) and every model with a part none of whose
    choices can be used."""
    found = dict(unusable)
    while True:
        more = {
            model: f"{part.ranked[0]}: {found[part.ranked[0]]}"
            for model, parts in versions.items()
            for part in parts
            if model not in found and all(name in found for name in part.ranked)
        }
        if not more:
            return found
        found |= more


def published(
    versions: Mapping[str, Sequence[Part]], unusable: Mapping[str, str]
) -> dict[str, Model]:
    """Every usable model flattened, in order of their ids: each part is the first of its choices
    that can be used. `unusable` gives the others with reasons.

    Raises ValueError where models contain each other.
    """
    unusable = unusable_models(versions, unusable)
    graph = nesting(linked(versions))
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError("models contain each other")
    made: dict[str, Model] = {}
    for model in reversed(list(nx.lexicographical_topological_sort(graph))):
        if model not in unusable:
            made[model] = _published(model, versions[model], made, unusable)
    return {model: made[model] for model in sorted(made)}


def _published(
    name: str, parts: Sequence[Part], made: Mapping[str, Model], unusable: Mapping[str, str]
) -> Model:
    weights = normalised({str(at): part.weight for at, part in enumerate(parts)})
    places = tuple(
        _place(weight, part.ranked, made, unusable)
        for weight, part in zip(weights.values(), parts, strict=True)
    )
    flat: dict[str, Decimal] = {}
    inside = {name: Decimal(1)}
    for place in places:
        first = place.choices[0].component
        model = made.get(first, Model(first, {first: Decimal(1)}))
        for total, within in ((flat, model.weights), (inside, model.inside)):
            for each, share in within.items():
                total[each] = total.get(each, Decimal(0)) + place.weight * share
    return Model(name, normalised(flat), places if _has_alternates(places) else (), inside)


def _place(
    weight: Decimal, ranked: Sequence[str], made: Mapping[str, Model], unusable: Mapping[str, str]
) -> Place:
    usable = [each for each in ranked if each not in unusable]
    choices = tuple(Choice(each, places_of(made[each]) if each in made else ()) for each in usable)
    passed = ranked[: ranked.index(usable[0])]
    return Place(weight, choices, tuple((each, unusable[each]) for each in passed))


def places_of(model: Model) -> tuple[Place, ...]:
    """The places of a model, with or without alternates."""
    return model.places or tuple(
        Place(weight, (Choice(name),)) for name, weight in model.weights.items()
    )


def blended(old: Model, new: Model, done: Decimal) -> Model:
    """The model on the way from one to another, `done` of it (a fraction): both by their parts."""
    if done == 1 or old.id == new.id:
        return new
    parts = ((old, 1 - done), (new, done))
    weights: dict[str, Decimal] = {}
    inside: dict[str, Decimal] = {}
    for model, part in parts:
        for total, within in ((weights, model.weights), (inside, model.inside)):
            for name, share in within.items():
                total[name] = total.get(name, Decimal(0)) + part * share
    places: tuple[Place, ...] = ()
    if old.places or new.places:
        places = tuple(
            replace(place, weight=part * place.weight)
            for model, part in parts
            for place in places_of(model)
        )
    return Model(new.id, weights, places, inside)


def _has_alternates(places: Iterable[Place]) -> bool:
    return any(
        place.passed
        or len(place.choices) > 1
        or any(_has_alternates(choice.inside) for choice in place.choices)
        for place in places
    )


def securities_in(places: Iterable[Place]) -> frozenset[str]:
    """Everything that may take a place, or one inside it, that is a security."""
    found: set[str] = set()
    for place in places:
        for choice in place.choices:
            found |= securities_in(choice.inside) if choice.inside else {choice.component}
    return frozenset(found)
