"""Plain tables that line up: for people, on any terminal and in any file."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Columns two blanks apart; `right` has an `r` for each column that is set right."""
    widths = [max(len(row[k]) for row in (header, *rows)) for k in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        placed = [
            cell.rjust(width) if right[k : k + 1] == "r" else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(placed).rstrip()

    return "\n".join([line(header), *(line(row) for row in rows)]) + "\n"


def dollars(amount: object) -> str:
    """`$1,234`, `-$1,234`; dollars without cents."""
    value = float(str(amount))
    text = f"${abs(value):,.0f}"
    return f"-{text}" if value < 0 and text != "$0" else text


def percent(fraction: object) -> str:
    """`1.41%` of a fraction; a dash where there is none."""
    return "-" if fraction is None else f"{float(str(fraction)) * 100:.2f}%"
