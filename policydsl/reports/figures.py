"""Numbers as they stand on a page."""

from __future__ import annotations

from decimal import Decimal


def money(amount: object) -> str:
    """`$1,234.56`, `-$1,234.56`: to the cent."""
    value = round(Decimal(str(amount)), 2) + 0
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def percent(fraction: object) -> str:
    """`1.41%`; a dash where there is none."""
    return "–" if fraction is None else f"{float(str(fraction)) * 100:.2f}%"


def cents_a_dollar(price: float) -> str:
    """`0.91¢` for 0.0091 dollars a dollar."""
    return f"{price * 100:.2f}¢"


def shares(count: object) -> str:
    """`1,505`, `5.7613`."""
    text = f"{Decimal(str(count)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: object) -> str:
    """`1,234.56`: of whatever is counted."""
    return f"{Decimal(str(value)):,.2f}"
