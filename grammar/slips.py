"""Common slips by name: why a line cannot be read, in the author's words, with a way out.

`SLIPS` are tried in order; the first that recognises the line speaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from grammar import codes
from grammar.diagnostics import Diagnostic
from grammar.lines import Line
from grammar.reader import END, Stop
from grammar.repair import missing, misspelled, surplus
from grammar.slips_in_numbers import (
    NUMBER,
    month_day,
    no_date,
    no_of,
    number_form,
    sum_after_choice,
)
from grammar.stumble import Stumble, Word, stumble
from grammar.vocabulary import keywords, listed, proposals
from grammar.words import CLAUSES, DATES_AND_GUARD, DIRECTIVES, FILLERS

_QUOTES = "'‘’‚‛`´"
_BASES = ("of", "per", "across", "above", "below")


def explain(line: Line, stop: Stop, thorough: bool = True) -> Diagnostic:
    """What is wrong with a line that begins well and cannot be read.

    Without `thorough` no repairs are tried, which takes many readings of the line.
    """
    it = stumble(line, stop, thorough)
    named = (slip(it) for slip in SLIPS)
    return next((one for one in named if one is not None), None) or _does_not_fit(it)


_INSTEAD = {
    **dict.fromkeys("[]{}", "write round brackets: `(` and `)`"),
    **dict.fromkeys("€£", "amounts are in dollars: `$500`"),
    "$": "write the amount right behind it: `$500`",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "+": "write `plus`; `within` already means up and down",
    "-": "write `minus`, or `and` between the two ends of a band",
    ".": "a line ends without a full stop",
    ";": "put each clause on its own line",
    ":": "take it out",
}
"""What the language has for signs that it does not use."""


# --- the slips -----------------------------------------------------------------------------------


def _single_quotes(it: Stumble) -> Diagnostic | None:
    if it.found is None or it.found.text[0] not in _QUOTES:
        return None
    return it.at_word(
        codes.SINGLE_QUOTES,
        "single quotes do not quote here",
        "quoted words begin with a double quote",
        f'put double quotes around them: `"{_quoted(it)}"`',
    )


def _quoted(it: Stumble) -> str:
    """What the author put in single quotes."""
    rest = it.line.text[it.found.start + 1 :] if it.found is not None else ""
    said = re.match(rf"[^{_QUOTES}\n]{{1,40}}(?=[{_QUOTES}])", rest)
    return said.group() if said else "Tobacco"


def _strange_character(it: Stumble) -> Diagnostic | None:
    if it.found is None or len(it.found.text) > 1 or re.match(r'[\w,()%<>="]', it.found.text):
        return None
    sign = it.found.text
    name = f"`{sign}`" if sign.isprintable() else f"the character U+{ord(sign):04X}"
    return it.at_word(
        codes.STRANGE_CHARACTER,
        f"{name} does not belong here",
        "not used here",
        _INSTEAD.get(sign, "take it out, or put it inside quotes if it is part of a text"),
    )


def _no_id(it: Stumble) -> Diagnostic | None:
    needs = ("rule", "default", "note", "set", "waive", "define", "policy", "layer", "using")
    link = {"set": "to", "define": "as", "waive": "for"}.get(it.line.first)
    unnamed = it.at == 2 and it.words[1].text == link
    if it.line.first not in needs or not (it.at == 1 or unnamed):
        return None
    thing = {"set": "the default to set", "define": "a definition", "layer": "a layer",
             "waive": "the rule to waive", "using": "the file to use"}  # fmt: skip
    noun = thing.get(it.line.first, f"a {it.line.first}")
    return it.at_word(
        codes.NO_ID,
        f"{noun} needs a name",
        "its name belongs here" if it.found is None else "its name belongs before this",
        it.example,
        word=it.words[1] if unnamed else None,
    )


def _no_reason(it: Stumble) -> Diagnostic | None:
    if it.line.first != "because" or it.at != 1:
        return None
    if it.found is None:
        return it.at_word(
            codes.NO_REASON,
            "`because` gives no reason",
            "the reason belongs here",
            it.example,
        )
    rest = it.line.place(it.found.start, len(it.line.text))
    return codes.NO_REASON.at(
        rest, "the reason is not quoted", label="a text stands in quotes", help=it.example
    )


def _half_comparison(it: Stumble) -> Diagnostic | None:
    """`industry is "Tobacco" or "Gambling"`."""
    last = it.at - 1
    if last < 4 or not _IS_COMPARED & it.accepts or it.words[last - 1].text not in ("and", "or"):
        return None
    value, joint = it.words[last], it.words[last - 1]
    if not (value.text.startswith('"') or NUMBER.match(value.text)):
        return None
    before = it.line.text[: joint.start].rstrip()
    return it.at_word(
        codes.HALF_COMPARISON,
        f"{joint.text} what is {value.shown}?",
        "compared with nothing",
        _whole_comparison(before, joint.text, value.shown),
        word=value,
    )


def _whole_comparison(before: str, joint: str, value: str) -> str:
    """The way out, in the author's own names where they can be told."""
    one = re.search(r'([\w.-]+) is ("[^"]*")$', before)
    if one is not None and joint == "or":
        return f"write `{one[1]} in ({one[2]}, {value})`, or name the attribute again"
    some = re.search(r"([\w.-]+) in \(([^()]{1,60})\)$", before)
    if some is not None and joint == "or":
        return f"put it in the list: `{some[1]} in ({some[2].strip(', ')}, {value})`"
    name = re.search(r"([^\W\d][\w.-]*) ((?:is )?(?:above|below|at least|at most|is)) \S+$", before)
    again = f"`{joint} {name[1]} {name[2]} {value}`" if name else f'`{joint} industry is "Tobacco"`'
    return f"name the attribute again: {again}"


_IS_COMPARED = frozenset({"_IS", "_AT"})


def _list_with_and(it: Stumble) -> Diagnostic | None:
    """`never buy tobacco and gambling`."""
    if it.found is None or it.found.text not in ("and", "or") or "COMMA" not in it.accepts:
        return None
    names = it.words[it.at - 1 : it.at + 2]
    listed = ", ".join(word.shown for word in names if word is not it.found)
    return it.at_word(
        codes.LIST_WITH_AND,
        f"`{it.found.text}` does not join the names of a list",
        "a comma belongs here",
        f"write the list with commas: `{listed}`",
    )


def _unquoted_owner(it: Stumble) -> Diagnostic | None:
    """`layer household H00001`."""
    if it.line.first != "layer" or it.at != 2 or it.found is None or it.found.text[0] == '"':
        return None
    return it.at_word(
        codes.DOES_NOT_FIT,
        f"whose file this is stands in quotes, and `{it.found.shown}` does not",
        "a text in quotes belongs here",
        f'write `layer {it.words[1].shown} "{it.found.shown}"`',
    )


_TITLED = {"rule": 2, "default": 2, "note": 2, "policy": 2, "approved": 2, "owner": 1}
"""Lines that go on with a text, and after how many words."""


def _unquoted_text(it: Stumble) -> Diagnostic | None:
    """`rule ipc.old Old shares`, `approved by Head of Income`."""
    if _TITLED.get(it.line.first) != it.at or it.found is None:
        return None
    rest = it.line.text[it.found.start :].rstrip()
    if '"' in rest or not it.found.text[0].isalpha():
        return None
    begun = " ".join(word.shown for word in it.words[: it.at])
    return codes.DOES_NOT_FIT.at(
        it.line.place(it.found.start, it.found.start + len(rest)),
        f"the words after `{begun}` are not quoted",
        label="a text stands in quotes",
        help=f'write `{begun} "{rest}"`' if len(rest) <= 60 else it.example,
    )


def _bare_list(it: Stumble) -> Diagnostic | None:
    """`sector is "Energy", "Finance"`, `sector in "Energy", "Finance"`."""
    if it.found is None or it.line.first == "for":
        return None
    said = _BARE_LIST.search(it.line.text)
    if said is None or not said.start("values") <= it.found.start < said.end():
        return None
    negated = "not " if "not" in said["link"] else ""
    return codes.DOES_NOT_FIT.at(
        it.line.place(said.start("values"), said.end()),
        f"several values of `{said['name']}` stand in brackets",
        label="a list of values",
        help=f"write `{said['name']} {negated}in ({said['values']})`",
    )


_BARE_LIST = re.compile(
    r"(?P<name>[^\W\d][\w.-]*) (?P<link>is(?: not)?|(?:not )?in)"
    r' (?P<values>"[^"]*"(?:, ?"[^"]*")*)(?! *,? *\()'
)


def _exactly(it: Stumble) -> Diagnostic | None:
    """`keep cash equal to 5% of account`."""
    said = [word.text for word in it.words]
    exact = next((at for at in range(1, len(said)) if said[at] in _EXACTLY), None)
    if it.line.first != "keep" or exact is None or not exact <= it.at <= exact + 2:
        return None
    return it.at_word(
        codes.MISSPELLED,
        f"`{said[exact]}` is not a word of the language here",
        "a bound leaves room: at least, at most, between or within",
        "for one number alone write it twice: `between 5% and 5% of account`",
        word=it.words[exact],
    )


_EXACTLY = ("equal", "equals", "exactly", "is", "=")


def _keep_what(it: Stumble) -> Diagnostic | None:
    """`keep at most 5% of account`: the first words of the bound were read as a name."""
    if it.line.first != "keep" or len(it.words) < 2:
        return None
    first = 2 if it.words[1].text == "each" and len(it.words) > 2 else 1
    if it.words[first].text not in ("at", "between", "within"):
        return None
    said = " ".join(word.text for word in it.words[:first])
    return it.at_word(
        codes.WORD_MISSING,
        f"`{said}` what?",
        "what is kept belongs before this",
        it.example,
        word=it.words[first],
    )


def _ends_early(it: Stumble) -> Diagnostic | None:
    if it.found is not None or it.before is None:
        return None
    last = it.before.text
    if last in ("and", "or") and it.at > 1:
        message = f"`{last}` joins nothing"
        help = f"put `{last}` at the start of the next line, before what it joins"
        return it.at_word(
            codes.ENDS_EARLY, message, "the line ends after this", help, word=it.before
        )
    said = " ".join(it.line.text[it.words[-2:][0].start :].split())
    code = codes.NO_BASE if last in _BASES else codes.ENDS_EARLY
    choices = proposals(it.accepts)
    label = f"{listed(choices)} belongs here" if len(choices) <= 5 else "the line ends here"
    return it.at_word(code, f"`{said}` what?", label, it.example)


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


def _own_line(it: Stumble) -> Diagnostic | None:
    """`never hold tobacco because "..."`."""
    if it.found is None or END not in it.accepts:
        return None
    word = {"unless": "except", "if": "when"}.get(it.found.text, it.found.text)
    if word not in (*CLAUSES, *DATES_AND_GUARD, *DIRECTIVES) or word == "missing":
        return None
    return it.at_word(
        codes.DOES_NOT_FIT,
        f"`{it.found.text}` does not go on with this line",
        "the line could end before this",
        f"begin a line of its own with `{'except when' if word == 'except' else word}`",
    )


def _word_missing(it: Stumble) -> Diagnostic | None:
    names = missing(it)
    if it.found is not None and "_IS" in names and re.match(r'["$\d]', it.found.text):
        names = ("_IS",)
    vague = len(names) > 4 or (len(names) > 1 and END in it.accepts)
    if not names or vague or it.found is None:
        return None
    if names == ("_WHERE",) and "." not in it.found.text and surplus(it) is not None:
        return None
    return it.at_word(
        codes.WORD_MISSING,
        f"{listed(names)} is missing before `{it.found.shown}`",
        "something is missing before this",
        it.example,
    )


def _unquoted_name(it: Stumble) -> Diagnostic | None:
    """`never buy ABC Corp`."""
    some = [it.before, it.found]
    if "STRING" in it.accepts or not all(one and re.match(r"[A-Z]\w*$", one.text) for one in some):
        return None
    name = " ".join(one.shown for one in some if one is not None)
    return it.at_word(
        codes.DOES_NOT_FIT,
        f"`{name}` is two words",
        "names that are data stand in quotes",
        f'write `"{name}"`',
    )


def _surplus(it: Stumble) -> Diagnostic | None:
    word = surplus(it)
    if word is None:
        return None
    elsewhere = "" if word is it.before else ", or say it in another line"
    if word is it.found and it.before is not None and _plain(it.before) and _plain(word):
        elsewhere = f"; if the two are one name, write `{it.before.text}_{word.text}`"
    return it.at_word(
        codes.DOES_NOT_FIT,
        f"`{word.shown}` does not fit here",
        "the line can be read without it",
        f"take out `{word.shown}`{elsewhere}",
        word=word,
    )


def _plain(word: Word) -> bool:
    """Whether this is a name and no word of the language."""
    known = word.text in keywords() or word.text in FILLERS
    return word.text.isidentifier() and not known and len(word.text) <= 20


def _does_not_fit(it: Stumble) -> Diagnostic:
    said = it.found.shown if it.found else "the end of the line"
    choices = [name for name in proposals(it.accepts) if name != END]
    if END in it.accepts:
        label = "the line could end before this"
    else:
        label = f"{listed(choices)} belongs here" if 0 < len(choices) <= 6 else ""
    return it.at_word(codes.DOES_NOT_FIT, f"`{said}` does not fit here", label, it.example)


SLIPS: tuple[Callable[[Stumble], Diagnostic | None], ...] = (
    _single_quotes,
    _strange_character,
    _no_id,
    _no_reason,
    no_date,
    month_day,
    number_form,
    _half_comparison,
    _list_with_and,
    _unquoted_owner,
    _unquoted_text,
    _bare_list,
    _exactly,
    sum_after_choice,
    _keep_what,
    _misspelled,
    no_of,
    _own_line,
    _ends_early,
    _unquoted_name,
    _word_missing,
    _surplus,
)
