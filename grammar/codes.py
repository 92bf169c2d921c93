"""The mistakes the grammar finds, one code each. Every code has its page, docs/errors/CODE.md."""

from __future__ import annotations

from grammar.diagnostics import Code, by_code

UNKNOWN_LINE = Code("E0101", "a line begins with a word that begins no line of the language")
OPEN_QUOTE = Code("E0103", "a quote that is not closed on its line")
OPEN_BRACKET = Code("E0104", "a bracket that is not closed")
STRAY_BRACKET = Code("E0105", "a closing bracket that closes nothing")
WRONG_PLACE = Code("E0106", "a line that does not belong where it stands")
MIXED_AND_OR = Code("E0107", "`and` and `or` are mixed without brackets")
ENDS_EARLY = Code("E0108", "a line that ends before it says everything")
MISSPELLED = Code("E0109", "a word of the language is misspelled")
NO_DATE = Code("E0110", "something else stands where a date belongs, or no such day exists")
NO_ID = Code("E0111", "a rule, default, set, definition or policy has no id")
HEADER_TWICE = Code("E0112", "a header line is written twice")
EMPTY_RULE = Code("E0113", "a rule or default says nothing")
NO_REASON = Code("E0114", "`because` gives no reason")
NOT_UTF8 = Code("E0115", "the file is not UTF-8 text")
TOO_DEEP = Code("E0116", "brackets or words are nested too deep")
STRANGE_CHARACTER = Code("E0117", "a character that the language does not use")
NO_BASE = Code("E0118", "what a number is measured on, or how far a rule reaches, is not said")
SINGLE_QUOTES = Code("E0119", "single quotes, where the language uses double ones")
CLAUSE_TWICE = Code("E0120", "a clause that a rule can have only once is written twice")
LIST_WITH_AND = Code("E0121", "a list is joined by `and` or `or`, not by commas")
HALF_COMPARISON = Code("E0122", "a comparison after `and` or `or` does not say what is compared")
NUMBER_FORM = Code("E0123", "a number is not written as the language writes numbers")
SUM_AFTER_CHOICE = Code("E0124", "`plus` or `minus` after `the larger of` without brackets")
WORD_MISSING = Code("E0125", "a word is missing inside a line")
DOES_NOT_FIT = Code("E0126", "a word or sign does not fit where it stands")
APART = Code("W0127", "a percent sign is set apart from its number")

CODES = by_code(
    UNKNOWN_LINE, OPEN_QUOTE, OPEN_BRACKET, STRAY_BRACKET, WRONG_PLACE, MIXED_AND_OR,
    ENDS_EARLY, MISSPELLED, NO_DATE, NO_ID, HEADER_TWICE, EMPTY_RULE, NO_REASON, NOT_UTF8, TOO_DEEP,
    STRANGE_CHARACTER, NO_BASE, SINGLE_QUOTES, CLAUSE_TWICE, LIST_WITH_AND, HALF_COMPARISON,
    NUMBER_FORM, SUM_AFTER_CHOICE, WORD_MISSING, DOES_NOT_FIT, APART,
)  # fmt: skip
