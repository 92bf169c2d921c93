"""What the effective policy of an account is made of: lines, by what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grammar.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Line:
    """One statement's part in a slot, or that of a waiver.

    `verb` is wins, applies, loses, wider, excepted, waits, notes or error, and of waivers waived or
    not waived; `value` what it says; `rule` its id, with `set` before a chosen value; `why` the
    reason for its place. `layer` is whose file it stands in, `rank` counts layers from the highest,
    and `origin` is rule, default, set, note or waiver; `by` names what replaced it, with its place;
    `soft` is the priority of what may be broken, None for what may not.
    """

    verb: str
    value: str
    rule: str
    path: str
    line: int
    why: str
    layer: str
    rank: int
    origin: str
    by: str = ""
    soft: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that policy speaks about, what holds of it, and where that comes from.

    `grants` say which layers may set another value and how far, in the order of the lines.
    """

    name: str
    value: str
    lines: tuple[Line, ...]
    grants: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInEffect:
    """What an account's model costs, and what stands in for what: in words, and as plain values."""

    lines: tuple[str, ...] = ()
    fees: tuple[Mapping[str, object], ...] = ()
    stand_ins: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class EffectiveAccount:
    """What holds for an account; `held` lists the mistakes that keep it from being traded.

    `absent` are the statements of its layers that do not speak of it today: those that begin later
    or have ended, and those for other accounts. `model` says
    what its model costs and what stands in for what.
    """

    account_id: str
    facts: tuple[str, ...]
    held: tuple[str, ...]
    slots: tuple[Slot, ...]
    diagnostics: tuple[Diagnostic, ...]
    absent: tuple[Line, ...] = ()
    model: ModelInEffect = ModelInEffect()
