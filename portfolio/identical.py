"""Securities that somebody declares substantially identical: one wash group in the household."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import networkx as nx

from portfolio.household import Household


def joined(household: Household, classes: Iterable[Iterable[str]]) -> Household:
    """The household with securities declared identical in one wash group, blocks included; a group
    with a security in two classes joins both."""
    graph: nx.Graph[str] = nx.Graph()
    for members in classes:
        nx.add_path(graph, [household.securities[name].wash_group for name in members])
    name_of = {group: min(part) for part in nx.connected_components(graph) for group in part}
    return replace(
        household,
        securities={
            name: replace(
                security, wash_group=name_of.get(security.wash_group, security.wash_group)
            )
            for name, security in household.securities.items()
        },
        wash_blocks=tuple(
            replace(block, wash_group=name_of.get(block.wash_group, block.wash_group))
            for block in household.wash_blocks
        ),
    )
