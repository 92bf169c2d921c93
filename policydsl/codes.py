"""The mistakes that only commands find, one code each. Every code has its page, docs/errors/."""

from __future__ import annotations

from grammar.diagnostics import Code, by_code

BAD_TEMPLATE = Code("E0241", "a template of `policydsl add` is not right")

CODES = by_code(BAD_TEMPLATE)
