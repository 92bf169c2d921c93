"""Synthetic books: invented, realistic, reproducible."""

from portfolio.synth.write import synthesise

__all__ = ["synthesise"]
