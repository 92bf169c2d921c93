"""The codes of what policy tests find."""

from __future__ import annotations

from grammar.diagnostics import Code, by_code

NOT_MET = Code("E0601", "an expectation of a policy test that is not met")
BAD_GIVEN = Code("E0602", "a line of a policy test that cannot be given")
BAD_EXPECTATION = Code("E0603", "a line of a policy test that cannot be expected")
NOT_TRADED = Code("E0604", "the household of a policy test could not be traded")

CODES = by_code(NOT_MET, BAD_GIVEN, BAD_EXPECTATION, NOT_TRADED)
