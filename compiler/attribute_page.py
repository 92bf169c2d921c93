"""The page that lists every name a policy may use, for docs/attributes.md."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.attributes import BUILT_IN, Column

_TITLES = {
    "securities": ("Securities", "Used in `where`, without a prefix."),
    "lots": ("Lots", "Used in `where`; naming one makes the selection tell lots apart."),
    "positions": (
        "Positions",
        "What the account holds of the security, all lots together. Used in `where`; of a security "
        "that it does not hold the value is 0, and there is no gain in percent.",
    ),
    "accounts": ("Accounts", "Used in `when`, and on the right of a comparison."),
    "households": ("Households", "Used in `when`, and on the right of a comparison."),
    "tax_entities": ("Taxpayers", "The taxpayer of the account. Used in `when`."),
    "trades": ("Trades", "One order of a proposal. Used in the `where` of `ask` and `report`."),
    "originals": (
        "Originals",
        "Used in the `where` of `replace harvested with`, beside every column of securities behind "
        "`original.`: what a name that was sold at a loss is like.",
    ),
    "proposals": (
        "Proposals",
        "All orders of the account. Used in the `where` of `ask` and `report`.",
    ),
}
_SAYS = {
    "sector": "of stocks and bonds; a fund has none of its own",
    "industry": "of stocks and bonds; a fund has none of its own",
    "yield": "income a year / price",
    "price": "the latest close",
    "tags": 'written `"NAME" in tags`',
    "lot.acquired": "the trade date",
    "lot.holding_from": "where the holding period was tacked",
    "lot.shares": "as the book states them",
    "lot.basis": "of the whole lot",
    "lot.value": "shares at the latest close",
    "lot.gain": "value less basis, 0 for a loss",
    "lot.loss": "basis less value, 0 for a gain",
    "lot.gain_percent": "(value less basis) / basis; missing where the basis is 0",
    "lot.age": "days of the holding period so far; `12 months` counts on the calendar",
    "lot.term": "of a sale today",
    "lot.days_to_long_term": "calendar days until a sale is long-term; 0 where it is",
    "position.weight": "of the account's value",
    "position.value": "shares at the latest close",
    "position.gain": "value less basis, 0 for a loss",
    "position.loss": "basis less value, 0 for a gain",
    "position.gain_percent": "(value less basis) / basis",
    "trade.amount": "shares at the latest close; all lots of a sale together",
    "trade.shares": "of all lots together",
    "original.correlation": "of the returns of both, by the risk numbers of the book",
    "proposal.amount": "of purchases and sales together",
    "lot.long_term": "a sale today is long-term (26 USC 1222)",
    "lot.used_shares": "shares that have replaced others sold at a loss",
    "account.taxable": "the type is taxable or trust",
    "account.cash": "settled and unsettled",
    "account.value": "before tax, all cash included",
    "account.tags": 'written `"NAME" in account.tags`',
    "household.value": "of all accounts that are not held away",
    "household.tags": 'written `"NAME" in household.tags`',
}
_WORKED_OUT = """
## Worked out

| name | is | says |
|---|---|---|
| `today` | a date | the day of the run |
| `year.start`, `year.end` | a date | first and last day of the tax year of the run |
| `December 1` | a date | that day of the year of the run |
| `inside.GROUP` | a percentage | how much of it belongs to a group, funds seen through |
| `inside.ATTRIBUTE` | a percentage | the attribute, for a fund the average of what it holds |
| `6 months of withdrawals`, `payments`, `deposits` | an amount of money | those after today |

What a fund holds beyond the constituents that the book lists counts as nothing.""".splitlines()


def attribute_page() -> str:
    """Every built-in attribute as Markdown tables, one a table of the book."""
    lines = [
        "# The names a policy may use",
        "",
        "Generated from `compiler/attributes.py`. Columns that a book adds, and those that a",
        "policy set declares in `policyset.toml`, come on top. `today` is the day of the run.",
        "A blank value is *missing*, neither true nor false; where it does not apply it is false.",
    ]
    lines += _WORKED_OUT
    for table, (title, use) in _TITLES.items():
        lines += ["", f"## {title}", "", use, "", "| name | is | says |", "|---|---|---|"]
        lines += _rows(table)
    return "\n".join(lines) + "\n"


def _rows(table: str) -> Iterator[str]:
    for column in BUILT_IN:
        if column.table == table:
            says = _SAYS.get(column.written, "")
            yield f"| `{column.written}` | {_kind(column)} | {says} |"


def _kind(column: Column) -> str:
    if column.closed:
        return ", ".join(f'`"{value}"`' for value in sorted(column.values))
    return column.dimension.value
