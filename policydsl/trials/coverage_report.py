"""Coverage in words, for programs, and as a page with the lines of the policies coloured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from grammar.spans import rows
from policydsl.tables import table
from policydsl.trials.coverage import ConditionCover, Coverage, RuleCover, Share

NAMES = {
    "rules": "rules in force in some test",
    "conditions": "conditions seen true and false",
    "binding": "rules that decided something",
}
"""What each share is of, in words."""


def short_of(each: Coverage, least: Mapping[str, float]) -> list[str]:
    """Where coverage is below what is asked, in words."""
    return [
        f"{each.folder}: {NAMES[name]}: {share.percent:.1f}%, below {least[name]:g}%"
        for name, share in each.shares.items()
        if name in least and share.percent < least[name]
    ]


def coverage_text(each: Coverage) -> str:
    """The three shares, and everything that is missing from them."""
    counted = [
        (NAMES[name], f"{share.done} of {share.total}", f"{share.percent:.0f}%")
        for name, share in each.shares.items()
    ]
    parts = [f"coverage of {each.folder} ({each.name})\n", table(("", "", ""), counted, "lrr")]
    for heading, lines in _missing(each):
        if lines:
            parts.append(f"{heading}\n" + "".join(f"  {line}\n" for line in lines))
    return "".join(parts)


def _missing(each: Coverage) -> Iterator[tuple[str, list[str]]]:
    yield "in force in no test", [_rule(one) for one in each.rules if not one.in_force]
    yield (
        "in force, and never decided anything",
        [_rule(one) for one in each.rules if one.in_force and not one.bound],
    )
    yield (
        "conditions not seen both ways",
        [_condition(one) for one in each.conditions if not one.tried],
    )


def _rule(one: RuleCover) -> str:
    return f"{one.rule_id} ({one.span.path}:{one.span.line})"


def _condition(one: ConditionCover) -> str:
    never = [
        word for word, seen in (("true", one.seen_true), ("false", one.seen_false)) if not seen
    ]
    return f"{one.owner} ({one.span.path}:{one.span.line}) {one.text}: never {' or '.join(never)}"


def coverage_json(each: Coverage) -> dict[str, object]:
    """Stable field names."""
    return {
        "folder": str(each.folder),
        "name": each.name,
        "shares": {
            name: {"done": share.done, "total": share.total, "percent": round(share.percent, 1)}
            for name, share in each.shares.items()
        },
        "rules": [
            {
                "rule_id": one.rule_id,
                "path": one.span.path,
                "line": one.span.line,
                "in_force": list(dict.fromkeys(one.in_force)),
                "bound": one.bound,
            }
            for one in each.rules
        ],
        "conditions": [
            {
                "owner": one.owner,
                "path": one.span.path,
                "line": one.span.line,
                "text": one.text,
                "seen_true": one.seen_true,
                "seen_false": one.seen_false,
            }
            for one in each.conditions
        ],
    }


# --- the page ------------------------------------------------------------------------------------

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
       color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #ccc; }
td.number, th.number { text-align: right; }
pre { font: 13px/1.45 ui-monospace, monospace; margin: 0; overflow-x: auto; }
ol.source { list-style: none; margin: 0; padding: 0; border: 1px solid #ccc; }
ol.source li { display: grid; grid-template-columns: 3.5rem 7rem 1fr; padding: 0 .5rem; }
.number, .mark { color: #555; }
.all { background: #dff3e0; } .part { background: #fff3cd; } .none { background: #fbdcdc; }
a { color: #0b4f9e; }
@media print { body { max-width: none; margin: 0; } h2 { break-after: avoid; }
  .all, .part, .none { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
_WORDS = {"all": "tried", "part": "in part", "none": "never", "": ""}


def coverage_page(found: Sequence[Coverage]) -> str:
    """One HTML page that needs nothing else: figures, then every file with its lines marked."""
    body = "".join(_section(each) for each in found)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Coverage of policy tests</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>Coverage of policy tests</h1>\n{_LEGEND}{body}</main>\n</body>\n</html>\n"
    )


_LEGEND = (
    "<p>Beside each line stands what the tests have tried of it: <span class='all'>tried</span> "
    "(the rule decided something in a test; the condition was seen true and false), "
    "<span class='part'>in part</span> (in force and decided nothing; seen one way only), "
    "<span class='none'>never</span>.</p>\n"
)


def _section(each: Coverage) -> str:
    figures = "".join(_figure(NAMES[name], share) for name, share in each.shares.items())
    files = "".join(
        _file(path, text, each) for path, text in sorted(each.sources.items()) if _has(path, each)
    )
    return (
        f"<h2>{escape(each.name)}</h2>\n<table><caption>{escape(str(each.folder))}</caption>"
        '<thead><tr><th scope="col">share</th><th scope="col" class="number">done</th>'
        '<th scope="col" class="number">of</th><th scope="col" class="number">percent</th></tr>'
        f"</thead><tbody>{figures}</tbody></table>\n{files}"
    )


def _has(path: str, each: Coverage) -> bool:
    spans = [*(one.span for one in each.rules), *(one.span for one in each.conditions)]
    return any(span.path == path for span in spans)


def _figure(name: str, share: Share) -> str:
    cells = (share.done, share.total, f"{share.percent:.0f}%")
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{numbers}</tr>'


def _file(path: str, text: str, each: Coverage) -> str:
    marks = _marks(path, each)
    lines = "".join(
        _line(number, row, *marks.get(number, ("", "")))
        for number, row in enumerate(rows(text), start=1)
    )
    return f'<h3>{escape(path)}</h3>\n<ol class="source">{lines}</ol>\n'


def _line(number: int, row: str, mark: str, why: str) -> str:
    title = f' title="{escape(why, quote=True)}"' if why else ""
    said = f'<span class="mark">{_WORDS[mark]}</span>'
    code = f"<pre>{escape(row) or ' '}</pre>"
    return f'<li class="{mark}"{title}><span class="number">{number}</span>{said}{code}</li>'


def _marks(path: str, each: Coverage) -> dict[int, tuple[str, str]]:
    """The mark of each line, and why: a rule's on its first line, a condition's on its own."""
    found: dict[int, tuple[str, str]] = {}
    for rule in each.rules:
        if rule.span.path == path:
            found[rule.span.line] = _of_rule(rule)
    for one in each.conditions:
        if one.span.path == path:
            mark = "all" if one.tried else "part" if one.seen_true or one.seen_false else "none"
            why = f"true in {one.seen_true} tests, false in {one.seen_false}"
            for line in range(one.span.line, one.span.end_line + 1):
                found[line] = _worse(found.get(line), (mark, why))
    return found


def _of_rule(rule: RuleCover) -> tuple[str, str]:
    if rule.bound:
        title, reason = next(iter(rule.bound.items()))
        return "all", f"bound in {len(rule.bound)} tests; {title}: {reason}"
    if rule.in_force:
        return "part", f"in force in {len(rule.in_force)} tests, and decided nothing"
    return "none", "in force in no test"


_ORDER = ("none", "part", "all")


def _worse(one: tuple[str, str] | None, other: tuple[str, str]) -> tuple[str, str]:
    if one is None:
        return other
    return min(one, other, key=lambda each: _ORDER.index(each[0]))
