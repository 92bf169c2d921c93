"""The words of case files, each with what the library calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from compiler.reader import did_you_mean
from policydsl.tax_cases.document import Node
from portfolio.holding import Tacking
from portfolio.tax.prospective import Verdict
from portfolio.tax.reading import SpouseRule
from portfolio.tax.selection import Method

Meaning = TypeVar("Meaning")

ACCOUNT_TYPES: Mapping[str, str] = {
    "taxable": "taxable",
    "trust": "trust",
    "trad_ira": "traditional_ira",
    "traditional_ira": "traditional_ira",
    "roth_ira": "roth_ira",
    "k401": "k401",
    "hsa": "hsa",
}
OWNERS: Mapping[str, str] = {"self": "self", "spouse": "spouse", "other": "other"}
FILINGS: Mapping[str, str] = {
    "single": "single",
    "mfj": "joint",
    "joint": "joint",
    "qss": "joint",
    "mfs": "separate",
    "separate": "separate",
    "hoh": "head",
    "head": "head",
    "trust": "trust",
}
METHODS: Mapping[str, Method] = {
    "fifo": Method.FIFO,
    "specific": Method.FIFO,
    "lifo": Method.LIFO,
    "hifo": Method.HIGHEST_COST,
    "lofo": Method.LOWEST_COST,
    "average": Method.AVERAGE,
    "mintax": Method.MINIMUM_TAX,
    "rate_aware": Method.LOWEST_TAX,
    "ib_max_st_loss": Method.MOST_SHORT_LOSS,
    "ib_max_lt_loss": Method.MOST_LONG_LOSS,
    "ib_max_st_gain": Method.MOST_SHORT_GAIN,
    "ib_max_lt_gain": Method.MOST_LONG_GAIN,
}
TACKINGS: Mapping[str, Tacking] = {
    "sum": Tacking.ADDED,
    "union": Tacking.UNION,
    "date": Tacking.ORIGINAL_DATE,
}
SPOUSES: Mapping[str, SpouseRule] = {
    "defer": SpouseRule.DEFERRED,
    "permanent": SpouseRule.PERMANENT,
    "ignore": SpouseRule.IGNORED,
}
EMPLOYER_PLANS: Mapping[str, bool] = {"permanent": True, "ignore": False}
BOUGHT_BEFORE: Mapping[str, bool] = {"include": True, "exclude": False}
GROUPINGS: Mapping[str, str] = {"ticker": "ticker", "groups": "groups", "weights": "weights"}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.ALLOW: "allow",
    Verdict.DEFERS: "block_or_cost",
    Verdict.DESTROYS: "block_permanent",
}


def term(long_term: bool) -> str:
    """The word for a term."""
    return "LT" if long_term else "ST"


def meant(node: Node, words: Mapping[str, Meaning]) -> Meaning:
    """What the word of a node means. Raises MalformedError for one that is not known."""
    word = node.text()
    if word not in words:
        known = ", ".join(words)
        raise node.wrong(f"`{word}` is not known", did_you_mean(word, words) or f"one of: {known}")
    return words[word]
