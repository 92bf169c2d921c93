"""The codes of what files of tax cases can have wrong with them."""

from __future__ import annotations

from grammar.diagnostics import Code, by_code

BAD_FILE = Code("E0611", "a file of tax cases that cannot be read")
BAD_CASE = Code("E0612", "a tax case that cannot be run")
NOT_READ = Code("W0613", "a key of a tax case that is not read")

CODES = by_code(BAD_FILE, BAD_CASE, NOT_READ)
