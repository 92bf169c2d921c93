"""Models that come from outside: a provider's file, checked against a book and taken into it."""

from portfolio.provided.take_in import Intake, TakenIn, take_in

__all__ = ["Intake", "TakenIn", "take_in"]
