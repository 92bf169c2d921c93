"""The grammar, and where the reading of a line stops that is not one of its lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken


@dataclass(frozen=True, slots=True)
class Stop:
    """The grammar read `text[:at]` and could go on only with one of `accepts`, its terminals."""

    at: int
    accepts: frozenset[str]


END = "$END"


@cache
def grammar() -> Lark:
    """The parser made from `policy.lark`; GrammarError if the grammar has a conflict."""
    text = files("grammar").joinpath("policy.lark").read_text(encoding="utf-8")
    return Lark(
        text, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=True
    )


def reached(text: str) -> int | None:
    """Where the reading of a logical line stops; None where it is read to its end.

    That is `stop` without what could follow there, which takes much longer to find out.
    """
    try:
        grammar().parse(text)
    except UnexpectedInput as error:
        return _where(error, text)
    return None


def stop(text: str) -> Stop | None:
    """Where the reading of a logical line stops; None where it is read to its end."""
    try:
        grammar().parse(text)
    except UnexpectedInput as error:
        return Stop(_where(error, text), _accepts(error))
    return None


def _where(error: UnexpectedInput, text: str) -> int:
    token = getattr(error, "token", None)
    if (token is not None and token.type == END) or error.pos_in_stream is None:
        return len(text)
    return error.pos_in_stream


def _accepts(error: UnexpectedInput) -> frozenset[str]:
    if isinstance(error, UnexpectedToken):
        return frozenset(error.accepts or error.expected)
    if isinstance(error, UnexpectedCharacters):
        return frozenset(error.allowed or ())
    return frozenset()
