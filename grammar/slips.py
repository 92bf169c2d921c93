"""Common slips by name: why a line cannot be read, in the author's words, with a way out.

`SLIPS` are tried in order; the first that recognises the line speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from grammar import codes
from grammar.diagnostics import Code, Diagnostic
from grammar.lines import Line
from grammar.reader import END, Stop, read
from grammar.repair import Stumble, Word, missing, misspelled, stumble
from grammar.spans import Span
from grammar.vocabulary import EXAMPLES, listed, proposals
from grammar.words import LATER_PHRASES

_QUOTES = "'‘’‚‛`´"
_NUMBER = re.compile(r"[-−]?\$?\d")
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_BASES = ("of", "per", "across", "above", "below")


def explain(line: Line, stop: Stop, thorough: bool = True) -> Diagnostic:
    """What is wrong with a line that begins well and cannot be read.

    Without `thorough` no repairs are tried, which takes many readings of the line.
    """
    it = stumble(line, stop, thorough)
    named = (slip(it) for slip in SLIPS)
    return next((one for one in named if one is not None), None) or _does_not_fit(it)


def _at(
    it: Stumble, code: Code, message: str, label: str, help: str, *, word: Word | None = None
) -> Diagnostic:
    """A diagnostic at a word, the found one if none is given, or just behind the line."""
    return code.at(_span(it, word or it.found), message, label=label, help=help)


def _span(it: Stumble, word: Word | None) -> Span:
    if word is not None:
        return it.line.place(word.start, word.end)
    end = it.line.span
    return Span(end.path, end.end_line, end.end_column, end.end_line, end.end_column + 1)


def _example(it: Stumble) -> str:
    return f"such a line reads `{EXAMPLES[it.line.first]}`"


# --- the slips -----------------------------------------------------------------------------------


def _single_quotes(it: Stumble) -> Diagnostic | None:
    if it.found is None or it.found.text[0] not in _QUOTES:
        return None
    return _at(
        it,
        codes.SINGLE_QUOTES,
        "single quotes do not quote here",
        "quoted words begin with a double quote",
        'put double quotes around them: `"Tobacco"`',
    )


def _strange_character(it: Stumble) -> Diagnostic | None:
    if it.found is None or len(it.found.text) > 1 or re.match(r'[\w,()%<>="]', it.found.text):
        return None
    sign = it.found.text
    name = f"`{sign}`" if sign.isprintable() else f"the character U+{ord(sign):04X}"
    helps = {
        "[": "write round brackets: `(` and `)`", "]": "write round brackets: `(` and `)`",
        "{": "write round brackets: `(` and `)`", "}": "write round brackets: `(` and `)`",
        "&": "write `and`", "|": "write `or`", "!": "write `not`", "+": "write `plus`",
        "-": "write `minus`", ".": "a line ends without a full stop",
        ";": "put each clause on its own line", ":": "take it out",
        "€": "amounts are in dollars: `$500`", "£": "amounts are in dollars: `$500`",
        "$": "write the amount right behind it: `$500`",
    }  # fmt: skip
    return _at(
        it,
        codes.STRANGE_CHARACTER,
        f"{name} does not belong here",
        "not used here",
        helps.get(sign, "take it out, or put it inside quotes if it is part of a text"),
    )


def _later(it: Stumble) -> Diagnostic | None:
    """A part of the wider language inside a line."""
    near = (it.said(start, start + 2).lower() for start in (-2, -1, 0))
    phrase = next((pair for pair in near if pair in LATER_PHRASES), None)
    help = LATER_PHRASES.get(phrase or "", "")
    if it.line.first == "define" and it.at == 3 and re.match(r"\d{4}-", it.said(0, 1)):
        phrase, help = "a list of dates", "write the dates in the conditions that need them"
    if it.line.first == "define" and it.at == 2 and it.said(0, 1) == "from":
        phrase, help = "from", 'write the list here: `define restricted as "ABC", "XYZ"`'
    if phrase is None:
        return None
    said = phrase if phrase.startswith("a ") else f"`{phrase}`"
    return _at(
        it,
        codes.NOT_YET,
        f"{said} is not part of this version of the language",
        "not read yet",
        help,
    )


def _no_id(it: Stumble) -> Diagnostic | None:
    needs = ("rule", "default", "set", "define", "policy", "layer")
    link = {"set": "to", "define": "as"}.get(it.line.first)
    unnamed = it.at == 2 and it.words[1].text == link
    if it.line.first not in needs or not (it.at == 1 or unnamed):
        return None
    thing = {"set": "the default to set", "define": "a definition", "layer": "a layer"}
    noun = thing.get(it.line.first, f"a {it.line.first}")
    return _at(
        it,
        codes.NO_ID,
        f"{noun} needs a name",
        "its name belongs here" if it.found is None else "its name belongs before this",
        _example(it),
        word=it.words[1] if unnamed else None,
    )


def _no_reason(it: Stumble) -> Diagnostic | None:
    if it.line.first != "because" or it.at != 1:
        return None
    if it.found is None:
        return _at(
            it,
            codes.NO_REASON,
            "`because` gives no reason",
            "the reason belongs here",
            _example(it),
        )
    rest = it.line.place(it.found.start, len(it.line.text))
    return codes.NO_REASON.at(
        rest, "the reason is not quoted", label="a text stands in quotes", help=_example(it)
    )


def _no_date(it: Stumble) -> Diagnostic | None:
    if "DATE" not in it.accepts or it.found is None:
        return None
    word = it.found.text.lower()
    only_date = it.accepts == {"DATE"}
    month = (
        word[:3] in _MONTHS and word.isalpha() and it.line.first in ("from", "until", "existing")
    )
    if not (only_date or month):
        return None
    return _at(
        it,
        codes.NO_DATE,
        f"`{it.found.shown}` is not a date",
        "a date belongs here",
        "write year-month-day: `2026-01-31`",
    )


def _number_form(it: Stumble) -> Diagnostic | None:
    """`50k`, `$1,50`, `5 percent`, `.5%`."""
    found, before = it.found, it.before
    if found is None:
        return None
    glued = _NUMBER.match(found.text) and re.search(r"[^\W\d]", found.text)
    broken = _NUMBER.match(found.text) and it.line.text[found.start : found.end].count(",")
    words = {"percent": "%", "dollars": "$", "dollar": "$", "usd": "$", "thousand": "", "k": "",
             "million": "", "mio": "", "pct": "%", "basis": "bps"}  # fmt: skip
    named = before is not None and _NUMBER.match(before.text) and found.text.lower() in words
    if named and before is not None:
        sign = words[found.text.lower()]
        amount = before.text.removeprefix("$")
        better = {"%": f"{amount}%", "$": f"${amount}", "bps": f"{amount} bps"}.get(sign, "$50,000")
        help = f"write `{better}`"
    elif glued:
        help = "write the number out and its unit apart: `$50,000`, `90 days`"
    elif broken:
        help = "commas part groups of three digits, a point the decimals: `$1,250,000.50`"
    else:
        return None
    return _at(
        it,
        codes.NUMBER_FORM,
        f"`{found.shown}` is not how the language writes a number",
        "cannot be read as a number and its unit",
        help,
    )


def _half_comparison(it: Stumble) -> Diagnostic | None:
    """`industry is "Tobacco" or "Gambling"`."""
    last = it.at - 1
    if last < 4 or not _IS_COMPARED & it.accepts or it.words[last - 1].text not in ("and", "or"):
        return None
    value, joint = it.words[last], it.words[last - 1]
    if not (value.text.startswith('"') or _NUMBER.match(value.text)):
        return None
    name, compared, one = (word.text for word in it.words[last - 4 : last - 1])
    if compared != "is":
        name, one = "industry", '"Tobacco"'
    return _at(
        it,
        codes.HALF_COMPARISON,
        f"{joint.text} what is {value.shown}?",
        "compared with nothing",
        f"name the attribute again, or list the values: `{name} in ({one}, {value.shown})`",
        word=value,
    )


_IS_COMPARED = frozenset({"_IS", "_AT"})


def _list_with_and(it: Stumble) -> Diagnostic | None:
    """`never buy tobacco and gambling`."""
    if it.found is None or it.found.text not in ("and", "or") or "COMMA" not in it.accepts:
        return None
    return _at(
        it,
        codes.LIST_WITH_AND,
        f"`{it.found.text}` does not join the names of a list",
        "a comma belongs here",
        "write the list with commas: `tobacco, gambling`",
    )


def _sum_after_choice(it: Stumble) -> Diagnostic | None:
    """`the larger of A and B minus C`."""
    said = [word.text for word in it.words[: it.at]]
    if it.found is None or it.found.text not in ("plus", "minus") or "the" not in said:
        return None
    start = len(said) - 1 - said[::-1].index("the")
    choice = " ".join(said[start : start + 3])
    return _at(
        it,
        codes.SUM_AFTER_CHOICE,
        f"`{it.found.text}` after `{choice}` can be read in two ways",
        "applied to the last of the two, or to the result?",
        f"put brackets around `{choice} ...`, or around the sum",
    )


def _no_of(it: Stumble) -> Diagnostic | None:
    """`at most 3% account`."""
    if it.found is None or it.before is None or "_OF" not in it.accepts:
        return None
    if not re.fullmatch(r"points?|.*%", it.before.text) or not it.found.text[0].isalpha():
        return None
    number = it.before if _NUMBER.match(it.before.text) else it.words[it.at - 2]
    stop = read(f"{it.line.text[: it.found.start]}of {it.line.text[it.found.start :]}")
    if isinstance(stop, Stop) and stop.at < it.found.end + len("of "):
        return None
    return _at(
        it,
        codes.NO_BASE,
        f"`of` is missing before `{it.found.shown}`",
        "something is missing before this",
        f"write `{it.line.text[number.start : it.before.end]} of {it.found.shown}`",
    )


def _keep_what(it: Stumble) -> Diagnostic | None:
    """`keep at most 5% of account`: the first words of the bound were read as a name."""
    if it.line.first != "keep" or len(it.words) < 2:
        return None
    first = 2 if it.words[1].text == "each" and len(it.words) > 2 else 1
    if it.words[first].text not in ("at", "between", "within"):
        return None
    said = " ".join(word.text for word in it.words[:first])
    return _at(
        it,
        codes.WORD_MISSING,
        f"`{said}` what?",
        "what is kept belongs before this",
        _example(it),
        word=it.words[first],
    )


def _ends_early(it: Stumble) -> Diagnostic | None:
    if it.found is not None or it.before is None:
        return None
    last = it.before.text
    if last in ("and", "or") and it.at > 1:
        message = f"`{last}` joins nothing"
        help = f"put `{last}` at the start of the next line, before what it joins"
        return _at(it, codes.ENDS_EARLY, message, "the line ends after this", help, word=it.before)
    said = " ".join(it.line.text[it.words[-2:][0].start :].split())
    code = codes.NO_BASE if last in _BASES else codes.ENDS_EARLY
    choices = proposals(it.accepts)
    label = f"{listed(choices)} belongs here" if len(choices) <= 5 else "the line ends here"
    return _at(it, code, f"`{said}` what?", label, _example(it))


def _misspelled(it: Stumble) -> Diagnostic | None:
    change = misspelled(it)
    if change is None:
        return None
    said = it.line.text[change.start : change.end]
    return codes.MISSPELLED.at(
        it.line.place(change.start, change.end),
        f"`{' '.join(said.split())}` is not a word of the language here",
        help=f"did you mean `{change.word}`?",
    )


def _word_missing(it: Stumble) -> Diagnostic | None:
    names = missing(it)
    vague = len(names) > 4 or (len(names) > 1 and END in it.accepts)
    if not names or vague or it.found is None:
        return None
    return _at(
        it,
        codes.WORD_MISSING,
        f"{listed(names)} is missing before `{it.found.shown}`",
        "something is missing before this",
        _example(it),
    )


def _does_not_fit(it: Stumble) -> Diagnostic:
    said = it.found.shown if it.found else "the end of the line"
    choices = [name for name in proposals(it.accepts) if name != END]
    if END in it.accepts:
        label = "the line could end before this"
    else:
        label = f"{listed(choices)} belongs here" if 0 < len(choices) <= 6 else ""
    return _at(it, codes.DOES_NOT_FIT, f"`{said}` does not fit here", label, _example(it))


SLIPS: tuple[Callable[[Stumble], Diagnostic | None], ...] = (
    _single_quotes,
    _strange_character,
    _later,
    _no_id,
    _no_reason,
    _no_date,
    _number_form,
    _half_comparison,
    _list_with_and,
    _sum_after_choice,
    _keep_what,
    _misspelled,
    _no_of,
    _ends_early,
    _word_missing,
)
