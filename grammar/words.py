"""The words that begin a line, by where such a line stands, and words of the wider language."""

from __future__ import annotations

from collections.abc import Mapping

HEADER = ("policy", "layer", "owner")
DATES_AND_GUARD = ("from", "until", "when")
"""These stand in the header, for the whole file, or in a rule, for that rule."""
STATEMENTS = ("define", "rule", "default", "set")
DIRECTIVES = ("never", "only", "prevent", "keep", "use")
CLAUSES = ("except", "existing", "missing", "allow", "because")

FIRST_WORDS = (*HEADER, *DATES_AND_GUARD, *STATEMENTS, *DIRECTIVES, *CLAUSES)

LATER_BLOCKS = ("note", "waive", "test")
"""First words of the wider language that begin a block."""
LATER_LINES: Mapping[str, str] = {
    "note": "write a comment: `# ...`",
    "waive": "until then the rule's author can write `except`",
    "test": "keep tests in a file of their own, ending in `.policytest`",
    "import": "write the definitions in this file",
    "using": "write the definitions in this file",
    "given": "keep tests in a file of their own, ending in `.policytest`",
    "expect": "keep tests in a file of their own, ending in `.policytest`",
    "soft": "leave the line out: the rule is then a hard one",
    "approved": "name the approver in `because`",
    "target": "choose the model by `use model`, and bound weights by `keep`",
    "replace": "choose the model by `use model`",
    "treat": "name the securities in a `define` and use that group",
    "prefer": "bound the weight by `keep`",
    "pay": "keep the cash by `keep cash at least ...`",
    "reserve": "keep the cash by `keep cash at least ...`",
    "invest": "bound the weight by `keep`",
    "sell": "bound the weight by `keep`, or write `never hold`",
    "buy": "bound the weight by `keep`",
    "ask": "forbid the trades by `never`",
    "report": "leave the line out",
}
"""First words of the wider language, each with what can be done in its place today."""

LATER_PHRASES: Mapping[str, str] = {
    "in the": "compare with a date: `on or after 2026-01-01`",
    "over any": "a limit counts by calendar year: `each year` or `in 2026`",
    "evenly over": "write the value that holds today",
    "each month": "a limit counts by calendar year: `each year` or `in 2026`",
    "each quarter": "a limit counts by calendar year: `each year` or `in 2026`",
    "trading days": "count calendar days: `within 14 days`",
    "only replace": "name what may be held: `only hold ...`",
}
"""Two words of the wider language found inside a line, with what can be done in their place."""

OTHER_WORDS: Mapping[str, str] = {
    "exclude": "`never buy` keeps what is held today, `never hold` sells it",
    "avoid": "`never buy` keeps what is held today, `never hold` sells it",
    "ban": "`never buy` keeps what is held today, `never hold` sells it",
    "forbid": "write `never buy`, `never sell` or `never hold`",
    "prohibit": "write `never buy`, `never sell` or `never hold`",
    "no": "write `never buy`, `never sell` or `never hold`",
    "do": "write `never buy`, `never sell` or `never hold`",
    "don't": "write `never buy`, `never sell` or `never hold`",
    "hold": "write `only hold` or `never hold`",
    "trade": "write `only trade` or `never trade`",
    "harvest": "write `only harvest` or `never harvest`",
    "limit": "write `keep ... at most ...`",
    "maximum": "write `keep ... at most ...`",
    "max": "write `keep ... at most ...`",
    "minimum": "write `keep ... at least ...`",
    "min": "write `keep ... at least ...`",
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
    "above": "at least", "equals": "is", "equal to": "is", "isn't": "is not",
    "is one of": "in", "is any of": "in", "one of": "in", "from": "between", "to": "and",
    "in": "within", "inside": "within", "for": "in", "than": "of", "which": "where",
    "whose": "where", "with": "where", "if": "when", "percent": "%",
    "everything": "anything", "all": "anything", "every": "each", "this year": "each year",
    "yearly": "each year", "annually": "each year", "greater": "larger", "bigger": "larger",
    "higher": "larger", "lesser": "smaller", "lower": "smaller", "own": "hold",
    "purchase": "buy", "dispose of": "sell", "can": "may", "must comply": "comply",
}  # fmt: skip
"""Other people's words, each with what the language says for it."""

FILLERS = ("the", "a", "an", "any", "must", "shall", "should", "please", "=", "year", "data")
"""Words that people write and the language has no need of."""
