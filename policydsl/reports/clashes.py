"""Rules that cannot be kept together: which, what of the household makes them clash, what would
do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policydsl.reports.cited import Cited
from policydsl.reports.figures import money
from policydsl.reports.pages import (
    Block,
    Listing,
    Paragraph,
    Part,
    Section,
    Table,
    Words,
    row,
    stacked,
    table,
)

Document = dict[str, Any]
TITLE = "What cannot be kept together"


def clashes(document: Document, cited: Cited) -> Section | None:
    """Nothing where everything can be kept."""
    found = document.get("conflicts")
    if found:
        return Section("conflict", TITLE, tuple(_explained(found, cited)))
    if document.get("conflict"):
        return Section("conflict", TITLE, (_stretched(document["conflict"], cited),))
    return None


def _explained(found: Document, cited: Cited) -> Iterator[Block]:
    if found["unpaid"]:
        yield Paragraph(("To be paid today:",))
        yield Listing(tuple((each,) for each in found["unpaid"]))
    if found["unpaid_without_rules"]:
        yield Paragraph(("More has to be paid than there is, whatever the rules.",), "alert")
    for number, one in enumerate(found["sets"], 1):
        yield stacked(_one_set(found, one, number, cited))
    if not found["complete"]:
        yield Paragraph(("There may be other sets: the search took all the work it may.",), "place")
    if found["relaxations"]:
        yield stacked(_ways_out(found["relaxations"], cited))
    else:
        yield Paragraph(("No change of one amount was found that would do.",))


def _one_set(found: Document, one: Document, number: int, cited: Cited) -> Table:
    rows = []
    for key in one["statements"]:
        statement = cited.statements[key]
        facts = "; ".join(fact["says"] for fact in found["facts"] if fact["statement"] == key)
        cells = [statement["says"], facts, statement["because"], statement["layer"]]
        place = f"{statement['file']}:{statement['line']}"
        rows.append(row((cited.link(key),), *cells, place))
    alone = len(one["rules"]) == 1
    title = "Cannot be kept today" if alone else "Cannot be kept together today"
    if len(found["sets"]) > 1:
        title += f", {number} of {len(found['sets'])}"
    columns = "Rule | *What it says | *The facts | *Reason | Layer | File and line"
    return table(title, columns, rows)


def _ways_out(relaxations: list[Document], cited: Cited) -> Table:
    rows = []
    for number, relaxation in enumerate(relaxations, 1):
        said: list[Part] = []
        beyond: list[str] = []
        for change in relaxation["changes"]:
            said += [*([", and "] if said else []), *_change(change, cited)]
            beyond += change["then"]
        cells = (tuple(said), "; ".join(beyond), f"{relaxation['trades']:,}")
        rows.append(row(f"{number}", *cells))
    title = "What would do, each tried by solving again; rules of high authority last"
    return table(title, "Way | *Change | *The trades then go beyond it by | >Trades", rows)


def _change(change: Document, cited: Cited) -> Words:
    rule = cited.words(change["statement"])
    if change["how"] == "amount":
        return (f"{change['instead']} in place of ", *rule)
    if change["how"] == "exempt":
        return (f"{money(change['dollars'])} exempt from ", *rule)
    return ("without ", *rule)


def _stretched(conflict: list[Document], cited: Cited) -> Table:
    """What the optimiser says alone: by how much each rule would have to give way."""
    rows = [
        row(
            (cited.link(each["statement"]),),
            cited.statements[each["statement"]]["says"],
            cited.statements[each["statement"]]["because"],
            money(each["stretch_dollars"]),
        )
        for each in conflict
    ]
    title = "Rules that clash, and by how much each would have to give way"
    return stacked(table(title, "Rule | *What it says | *Reason | >Gives way by", rows))
