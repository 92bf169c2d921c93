"""The terminals of the grammar in the author's words: for messages, and for trying out repairs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from grammar.reader import END, grammar

_KINDS = {
    "NAME": "a name",
    "STRING": "quoted words",
    "DATE": "a date",
    "NUMBER": "a number",
    "MONEY": "an amount",
    "PERCENT": "`%`",
    "COMMA": "`,`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    END: "the end of the line",
}

_SAMPLES = {
    "NAME": "x",
    "STRING": '"x"',
    "DATE": "2026-01-31",
    "NUMBER": "1",
    "MONEY": "$1",
    "PERCENT": "%",
    "COMMA": ",",
    "LPAR": "(",
    "RPAR": ")",
}

_SIGNS = frozenset({"_EQ", "_NE", "_LE", "_GE", "_LT", "_GT"})
"""Read, but never proposed: the language has words for them."""

UNITS = ("PERCENT", "POINTS", "BPS", "SHARES", "DAYS", "MONTHS", "YEAR", "YEARS")

EXAMPLES = {
    "policy": 'policy ipc.core "Core house policy"',
    "layer": 'layer advisor "ADV1"',
    "owner": 'owner "Investment Policy Committee"',
    "from": "from 2026-01-01",
    "until": "until 2026-12-31",
    "when": 'when account.type is "taxable"',
    "define": 'define tobacco as anything where industry is "Tobacco"',
    "rule": 'rule ipc.esg.tobacco "No tobacco producers"',
    "default": 'default ipc.cash "Cash band"',
    "set": "set ipc.cash to between 2% and 4% of account",
    "never": "never buy tobacco",
    "only": "only hold bonds",
    "prevent": "prevent wash sales across household",
    "keep": "keep cash between 1% and 3% of account",
    "use": 'use model "ACME"',
    "except": "except to raise cash",
    "existing": "existing positions comply within 90 days",
    "missing": "missing counts as excluded",
    "allow": "allow advisor, household to set between 0.5% and 10%",
    "because": 'because "IPC minute 2026-03, item 4"',
}
"""One right line for each first word."""


@cache
def keywords() -> tuple[str, ...]:
    """Every word of the language that is not a name, in alphabetical order."""
    named = (terminal.name for terminal in grammar().terminals)
    words = {_word(name) for name in named if name not in _KINDS and name not in _SIGNS}
    return tuple(sorted(word for word in words if word.isalpha()))


def spoken(terminal: str) -> str:
    """A terminal as the author knows it."""
    return _KINDS.get(terminal) or f"`{_word(terminal)}`"


def sample(terminal: str) -> str:
    """A text that is read as this terminal, for trying out whether it is the one missing."""
    return _SAMPLES.get(terminal) or _word(terminal)


def proposals(accepts: Iterable[str], spare_comma: bool = True) -> tuple[str, ...]:
    """The terminals worth naming to an author: no alternative signs, of all the units one.

    With `spare_comma` the comma only where nothing else could follow.
    """
    worth = sorted(name for name in set(accepts) - _SIGNS if not name.startswith("__"))
    units = [name for name in worth if name in UNITS]
    left = [name for name in worth if name not in units[1:]]
    return tuple(name for name in left if name != "COMMA" or not spare_comma or len(left) == 1)


def listed(terminals: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    words = list(dict.fromkeys(spoken(name) for name in terminals))
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _word(terminal: str) -> str:
    return terminal.strip("_").lower()
