"""The terminals of the grammar in the author's words: for messages, and for trying out repairs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from grammar.reader import END, grammar

_KINDS = {
    "NAME": "a name",
    "STRING": "a text in quotes",
    "DATE": "a date",
    "MONTH_DAY": "a day such as `December 1`",
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
    "MONTH_DAY": "December 1",
    "NUMBER": "1",
    "MONEY": "$1",
    "PERCENT": "%",
    "COMMA": ",",
    "LPAR": "(",
    "RPAR": ")",
}

_SIGNS = frozenset({"_EQ", "_NE", "_LE", "_GE", "_LT", "_GT"})
"""Read, but never proposed: the language has words for them."""

_NOUNS = frozenset({"ACCOUNT", "HOUSEHOLD", "TAXPAYER", "_TODAY"})
"""Words of tests that are names everywhere else."""

UNITS = (
    "PERCENT", "POINTS", "BPS", "SHARES", "DAY", "DAYS", "MONTH", "MONTHS", "QUARTER", "QUARTERS",
    "TRADING_DAYS", "YEAR", "YEARS",
)  # fmt: skip

EXAMPLES = {
    "policy": 'policy ipc.core "Core house policy"',
    "layer": 'layer advisor "ADV1"',
    "owner": 'owner "Investment Policy Committee"',
    "using": "using library.assets",
    "from": "from 2026-01-01",
    "until": "until 2026-12-31",
    "when": 'when account.type is "taxable"',
    "define": 'define tobacco as anything where industry is "Tobacco"',
    "rule": 'rule ipc.esg.tobacco "No tobacco producers"',
    "default": 'default ipc.cash "Cash band"',
    "note": 'note ipc.banks "Reported, never constrains"',
    "waive": 'waive ipc.esg.tobacco for existing "ABC"',
    "set": "set ipc.cash to between 2% and 4% of account",
    "never": "never buy tobacco",
    "only": "only hold bonds",
    "prevent": "prevent wash sales across household",
    "keep": "keep cash between 1% and 3% of account",
    "target": "target technology at 50% of model",
    "replace": 'replace "ABC" with constituents',
    "treat": 'treat "ABC", "XYZ" as one for drift',
    "use": 'use model "ACME"',
    "prefer": "prefer holding reits in iras worth 30 bps",
    "pay": "pay $6,000 each month on day 1",
    "reserve": "reserve $85,000 by 2026-04-10",
    "invest": "invest $500,000 evenly over 12 months",
    "sell": 'sell 1,000 shares of "ABC" each quarter',
    "buy": 'buy 100 shares of "ABC" each month',
    "ask": 'ask "Chief Compliance Officer" before selling restricted',
    "report": "report trading watch_list",
    "except": "except to raise cash",
    "existing": "existing positions comply within 90 days",
    "missing": "missing counts as excluded",
    "soft": "soft priority 1",
    "allow": "allow advisor, household to set between 0.5% and 10%",
    "because": 'because "IPC minute 2026-03, item 4"',
    "approved": 'approved by "Chair of the IPC"',
    "test": 'test "Tobacco is not bought"',
    "for": 'for each stock in "ABC", "XYZ"',
    "given": 'given 100 shares of "ABC" where lot.basis is $1,500',
    "expect": 'expect never buy "ABC"',
}
"""One right line for each first word."""


@cache
def keywords() -> tuple[str, ...]:
    """Every word of the language that is not a name, in alphabetical order."""
    named = (terminal.name for terminal in grammar().terminals)
    words = {_word(name) for name in named if name not in {*_KINDS, *_SIGNS, *_NOUNS}}
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
    return terminal.strip("_").lower().replace("_", " ")
