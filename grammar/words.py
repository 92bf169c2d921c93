"""The words that begin a line, by where such a line stands, and other people's words for them."""

from __future__ import annotations

from collections.abc import Mapping

HEADER = ("policy", "layer", "owner", "using")
DATES_AND_GUARD = ("from", "until", "when")
"""These stand in the header, for the whole file, or in a rule, for that rule."""
STATEMENTS = ("define", "rule", "default", "note", "set", "waive")
DIRECTIVES = (
    "never", "only", "prevent", "keep", "target", "replace", "treat", "use", "prefer", "pay",
    "reserve", "invest", "sell", "buy", "ask", "report",
)  # fmt: skip
CLAUSES = ("except", "existing", "missing", "soft", "allow", "because", "approved")

FIRST_WORDS = (*HEADER, *DATES_AND_GUARD, *STATEMENTS, *DIRECTIVES, *CLAUSES)

TESTS = ("test", "given", "expect")
TEST_LINES = (*TESTS, "for")
"""First words of a file of tests, which is a file of its own."""

OTHER_WORDS: Mapping[str, str] = {
    "exclude": "`never buy` keeps what is held today, `never hold` sells it",
    "avoid": "`never buy` keeps what is held today, `never hold` sells it",
    "ban": "`never buy` keeps what is held today, `never hold` sells it",
    "forbid": "write `never buy`, `never sell` or `never hold`",
    "prohibit": "write `never buy`, `never sell` or `never hold`",
    "no": "write `never buy`, `never sell` or `never hold`",
    "do": "write `never buy`, `never sell` or `never hold`",
    "don't": "write `never buy`, `never sell` or `never hold`",
    "must": "write `never ...`, `only ...` or `keep ...`",
    "shall": "write `never ...`, `only ...` or `keep ...`",
    "hold": "write `only hold` or `never hold`",
    "trade": "write `only trade` or `never trade`",
    "harvest": "write `only harvest`, `never harvest` or `keep realized losses at least ...`",
    "limit": "write `keep ... at most ...`",
    "maximum": "write `keep ... at most ...`",
    "max": "write `keep ... at most ...`",
    "minimum": "write `keep ... at least ...`",
    "min": "write `keep ... at least ...`",
    "import": "write `using`",
    "if": "accounts are picked by `when`, securities by `where`",
    "unless": "write `except when`",
    "reason": "write `because`",
    "effective": "write `from`, the first day in force",
    "expires": "write `until`, the last day in force",
    "group": "write `define NAME as ...`",
    "where": "put `where` at the end of the line above",
    "of": "put it at the end of the line above",
    "per": "put it at the end of the line above",
    "each": "put it at the end of the line above, or begin with `keep each`",
    "and": "`and` and `or` go on with a line; nothing stands above this one",
    "or": "`and` and `or` go on with a line; nothing stands above this one",
}
"""Words authors try at the start of a line, each with the word of the language."""

SYNONYMS: Mapping[str, str] = {
    "no more than": "at most", "not more than": "at most", "up to": "at most",
    "maximum": "at most", "max": "at most", "atmost": "at most", "<": "at most",
    "less than": "below|at most", "under": "below|at most", "below": "at most",
    "no less than": "at least", "not less than": "at least", "minimum": "at least",
    "min": "at least", "atleast": "at least", ">": "at least", "more than": "above|at least",
    "greater than": "above|at least", "over": "above|at least", "exceeds": "above|at least",
    "above": "at least", "equals": "is", "equal to": "is", "isn't": "is not", "=": "to",
    "for each": "per", "for every": "per",
    "is one of": "in", "is any of": "in", "one of": "in", "from": "between", "to": "and|at",
    "in": "within", "inside": "within", "for": "in|over", "than": "of", "which": "where",
    "whose": "where", "with": "where", "if": "when", "percent": "%",
    "everything": "anything", "all": "anything", "every": "each", "this year": "each year",
    "yearly": "each year", "annually": "each year", "monthly": "each month",
    "quarterly": "each quarter", "in last": "in the last", "in next": "in the next", "past": "last",
    "at": "by", "by": "with|worth", "trades": "trading", "trade": "trading", "purchases": "buying",
    "buy": "buying", "sales": "selling", "sell": "selling", "holdings": "holding",
    "greater": "larger", "bigger": "larger",
    "higher": "larger", "lesser": "smaller", "lower": "smaller", "own": "hold",
    "purchase": "buy", "dispose of": "sell", "can": "may", "must comply": "comply",
}  # fmt: skip
"""Other people's words, each with what the language says for it."""

FILLERS = ("the", "a", "an", "any", "must", "shall", "should", "please", "=", "year", "data")
"""Words that people write and the language has no need of."""
