"""Rules that cannot be kept together, for an advisor: which, why here, and what would do."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
WIDTH = 100


def conflict_lines(document: Document) -> list[str]:
    """The conflicts of a household; nothing where it has none."""
    found = document.get("conflicts")
    if not found:
        return []
    lines = ["", *_sets(document, found)]
    lines += _relaxations(document, found)
    return lines


def _sets(document: Document, found: Document) -> list[str]:
    """Every set with its statements and what of the household they bear on."""
    sets = found["sets"]
    few = len(sets) == 1 and found["complete"]
    lines: list[str] = []
    told: set[str] = set()
    for number, one in enumerate(sets, start=1):
        what = "cannot be kept today" if len(one["rules"]) == 1 else "cannot be kept together today"
        of = "" if few else f" ({number} of {len(sets)})"
        lines.append(f"{what}{of}")
        for key in one["statements"]:
            lines += _statement(document, key)
            facts = (fact["says"] for fact in found["facts"] if fact["statement"] == key)
            for said in () if key in told else facts:
                lines += _wrapped("      ", said)
            told.add(key)
    for said in found["unpaid"]:
        lines += _wrapped("  ", f"to be paid today: {said}")
    if not found["complete"]:
        lines.append("  there may be other sets: the search for them took all the work it may")
    return lines


def _statement(document: Document, key: str) -> list[str]:
    statement = document["statements"][key]
    place = f"{statement['layer']}, {statement['file']}:{statement['line']}"
    return _wrapped("  ", f"{statement['rule_id']}: {statement['says']} [{place}]")


def _relaxations(document: Document, found: Document) -> list[str]:
    """What would do, in the order in which it should be thought of."""
    lines = ["what would do, each tried by solving again; rules of high authority last"]
    for relaxation in found["relaxations"]:
        changes = [_change(document, change) for change in relaxation["changes"]]
        lines += _wrapped("  - ", ", and ".join(changes))
        for change in relaxation["changes"]:
            lines += [
                line for said in change["then"][:MOST_PLACES] for line in _wrapped("      ", said)
            ]
            more = len(change["then"]) - MOST_PLACES
            lines += [f"      and {more} more places"] * (more > 0)
    return lines if found["relaxations"] else ["no change of one amount was found that would do"]


MOST_PLACES = 4


def _change(document: Document, change: Document) -> str:
    statement = document["statements"][change["statement"]]
    rule = f"{change['rule_id']}, {statement['layer']}"
    if change["how"] == "amount":
        return f"{change['instead']} in place of {statement['says']} ({rule})"
    if change["how"] == "exempt":
        spared = f"${float(change['dollars']):,.2f}"
        return f"{spared} exempt from {statement['says']} ({rule})"
    return f"without {statement['says']} ({rule})"


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * (len(lead) + 2))
