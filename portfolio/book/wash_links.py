"""Whose purchases count for a household's wash sales although they are none of its own."""

from __future__ import annotations

from collections.abc import Iterable

from portfolio.book.contents import Contents, Row
from portfolio.book.references import split_tags


def linked_accounts(contents: Contents, entities: Iterable[str], household_id: str) -> list[Row]:
    """Accounts of other households whose tax entity is linked to one of these, either way."""
    table = contents.tables.get("tax_entities")
    if table is None or "wash_linked_to" not in table.columns:
        return []
    own = set(entities)
    linked: set[str] = set()
    pairs = zip(table.texts("tax_entity_id"), table.texts("wash_linked_to"), strict=True)
    for name, text in pairs:
        others = set(split_tags(text))
        if name in own:
            linked |= others
        elif name is not None and others & own:
            linked.add(name)
    rows = [
        row
        for name in sorted(linked - own)
        for row in contents.rows("accounts", "tax_entity_id", name)
    ]
    return [row for row in rows if row.get("household_id") != household_id]
