"""Exact fractions inside, decimals outside.

A loss shared out over 3 of 7 shares has no end as a decimal. Basis is therefore carried as a
fraction, so that what is disallowed of a loss is what a replacement gains, exactly; results are
rounded once, when they are handed out.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

PLACES = Decimal("1e-12")
"""Results are rounded to twelve decimals, halves to even; what ends sooner is exact."""


def decimal(value: Fraction) -> Decimal:
    """The value as a decimal, without trailing zeros after the point."""
    with localcontext() as context:
        context.prec = 60
        rounded = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(
            PLACES, ROUND_HALF_EVEN
        )
        whole = rounded.to_integral_value()
        return whole if rounded == whole else rounded.normalize()
