"""Cases of kind `prospective`: what trades would do to wash sales, scenario by scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from compiler.reader import did_you_mean
from policydsl.tax_cases.compare import Difference, Found, differences
from policydsl.tax_cases.document import Node
from policydsl.tax_cases.histories import Setting, event, setting
from policydsl.tax_cases.words import VERDICTS
from portfolio.tax.events import Event
from portfolio.tax.history import replay
from portfolio.tax.prospective import effect, first_clean_day, last_loss, last_purchase

LATEST = {"earliest_clean_loss_sale": last_purchase, "earliest_clean_purchase": last_loss}


def run(inputs: Node, policy: Mapping[str, Node], expected: Node) -> Iterator[Difference]:
    """Where a scenario or a first clean day does not come out."""
    given = setting(inputs, policy)
    history = [event(row, given.holders) for row in inputs.list_of("history")]
    named = {
        key: {row.need("id").text(): event(row, given.holders) for row in inputs.list_of(key)}
        for key in ("proposed", "scheduled")
    }
    for key, node in expected.keys().items():
        if key == "scenarios":
            for scenario in node.items():
                yield from _scenario(scenario, given, history, named)
        elif key == "dates":
            for which, each in node.keys().items():
                if which not in LATEST:
                    known = ", ".join(LATEST)
                    raise each.wrong(f"there is no date `{which}`", f"dates: {known}")
                found = _dates(which, each, given, history)
                yield from differences(each, found, f"dates.{which}")
        else:
            raise node.wrong("only scenarios and dates can be expected of these cases")


def _scenario(
    node: Node,
    given: Setting,
    history: Sequence[Event],
    named: Mapping[str, Mapping[str, Event]],
) -> Iterator[Difference]:
    seen = effect(
        history,
        _used(node, "use", named["proposed"]),
        given.holders,
        given.groups,
        given.reading,
        _used(node, "with_scheduled", named["scheduled"]),
    )
    found: dict[str, Found] = {
        "new_disallowed": seen.disallowed,
        "new_permanent": seen.permanent,
        "recognized": seen.recognised,
        "verdict": VERDICTS[seen.verdict],
    }
    about = ("name", "use", "with_scheduled")
    wanted = {key: each for key, each in node.keys().items() if key not in about}
    yield from differences(
        Node(wanted, node.span, node.what), found, f"scenarios[{node.need('name').text()}]"
    )


def _used(node: Node, key: str, named: Mapping[str, Event]) -> list[Event]:
    """The trades of a scenario, in the order in which the case lists them all."""
    names = {each.text(): each for each in node.list_of(key)}
    for name, each in names.items():
        if name not in named:
            raise each.wrong(f"there is no trade `{name}`", did_you_mean(name, named))
    return [trade for name, trade in named.items() if name in names]


def _dates(which: str, node: Node, given: Setting, history: Sequence[Event]) -> Mapping[str, Found]:
    """The trade that a first clean day counts from, and that day. A case that has several wash
    groups says which one it means by the day it counts from."""
    outcome = replay(history, given.holders, given.groups, given.reading)
    groups: dict[str, list[str]] = {}
    for each in history:
        group, _ = given.groups.get(each.security_id, (each.security_id, None))
        groups.setdefault(group, []).append(each.security_id)
    days = [LATEST[which](outcome, securities) for securities in groups.values()]
    known = [day for day in days if day is not None]
    meant = node.get("from")
    latest: date | None = max(known, default=None)
    if meant is not None and meant.value in known:
        latest = meant.day()
    return {"from": latest, "is": None if latest is None else first_clean_day(latest)}
