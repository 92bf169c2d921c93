"""Target models: versions with effective dates, models inside models, flattened to securities.

A recipe maps the components of one model (security ids and model ids) to weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import networkx as nx

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
