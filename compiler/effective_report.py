"""The effective policy of an account as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.effective_lines import EffectiveAccount, Line, Slot
from grammar.diagnostics import render_text
from grammar.diagnostics import to_json as diagnostic_json


def render_effective(
    account: EffectiveAccount, sources: Mapping[str, str] | None = None, *, colour: bool = False
) -> str:
    """A table: each slot with its value, below it every statement with its part and why.

    With `sources` (texts by path) the mistakes that hold the account follow in full.
    """
    lines = list(heading(account))
    width = max((len(slot.name) for slot in account.slots if len(slot.name) <= 40), default=0)
    for slot in account.slots:
        lines += ["", *_slot_rows(slot, width)]
    text = "\n".join(lines) + "\n"
    if sources is None or not account.diagnostics:
        return text
    return text + "\n" + render_text(account.diagnostics, sources, colour)


def heading(account: EffectiveAccount) -> Iterator[str]:
    """Whose policy it is, and what holds the account."""
    facts = "; ".join(account.facts[1:])
    yield f"{account.account_id}  {account.facts[0]}" + (f"; {facts}" if facts else "")
    yield from account.model.lines
    if account.held:
        count = len(account.held)
        noun = "error" if count == 1 else "errors"
        yield f"EXCEPTION: {count} {noun}, not traded until fixed"
        yield from (f"  {cause}" for cause in account.held)


def _slot_rows(slot: Slot, width: int) -> Iterator[str]:
    yield f"{slot.name:<{width}}  {slot.value}".rstrip()
    verbs = max(8, *(len(line.verb) for line in slot.lines))
    values = max(len(line.value) for line in slot.lines)
    rules = max(len(line.rule) for line in slot.lines)
    places = max(len(_place(line)) for line in slot.lines)
    for line in slot.lines:
        row = f"  {line.verb:<{verbs}}  {line.value:<{values}}  {line.rule:<{rules}}"
        yield f"{row}  {_place(line):<{places}}  {line.why}".rstrip()


def _place(line: Line) -> str:
    return f"{line.path}:{line.line}"


def to_json(account: EffectiveAccount) -> dict[str, object]:
    """The same as plain values; field names are stable."""
    return {
        "account_id": account.account_id,
        "facts": list(account.facts),
        "held": list(account.held),
        "model": {
            "fees": [dict(each) for each in account.model.fees],
            "stand_ins": [dict(each) for each in account.model.stand_ins],
        },
        "slots": [
            {
                "name": slot.name,
                "value": slot.value,
                "lines": [_line_json(line) for line in slot.lines],
                "grants": [_line_json(line) for line in slot.grants],
            }
            for slot in account.slots
        ],
        "absent": [_line_json(line) for line in account.absent],
        "diagnostics": [diagnostic_json(each) for each in account.diagnostics],
    }


def _line_json(line: Line) -> dict[str, object]:
    return {
        "verb": line.verb,
        "value": line.value,
        "rule": line.rule,
        "path": line.path,
        "line": line.line,
        "why": line.why,
        "layer": line.layer,
        "origin": line.origin,
        "replaced_by": line.by,
        "soft": line.soft,
    }
