"""A YAML file as values that know where they stand, and which of their keys were asked for.

Numbers are decimals, exactly as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import yaml

from grammar.diagnostics import Code, Diagnostic
from grammar.spans import Span
from policydsl.tax_cases.codes import BAD_CASE, BAD_FILE, NOT_READ

YEARS = range(1900, 2200)
DIGITS = 15
"""Numbers have at most so many digits before the point, and as many zeros after it."""

Scalar = Decimal | str | date | bool | None


class MalformedError(Exception):
    """Something that cannot be read, with its place."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass
class Node:
    """A value of a file: a scalar, a list, or keys with values. Reading it in another way than it
    is written raises MalformedError."""

    value: Scalar | list[Node] | dict[str, Node]
    span: Span
    what: str
    _asked: set[str] = field(default_factory=set)
    _passed: set[str] = field(default_factory=set)

    def wrong(self, message: str, help: str = "") -> MalformedError:
        """What is wrong with this value."""
        return MalformedError(BAD_CASE.at(self.span, f"{self.what}: {message}", help=help))

    # --- scalars ---------------------------------------------------------------------------------

    def scalar(self) -> Scalar:
        if isinstance(self.value, list | dict):
            raise self.wrong("a single value is expected here")
        return self.value

    def text(self) -> str:
        """A word; numbers and days that serve as names are taken as they are written."""
        if isinstance(self.value, list | dict | None):
            raise self.wrong("a word is expected here")
        return str(self.value)

    def number(self) -> Decimal:
        if not isinstance(self.value, Decimal):
            raise self.wrong(f"a number is expected here, not {self._shown()}")
        return self.value

    def whole(self) -> int:
        number = self.number()
        if number != int(number):
            raise self.wrong(f"a whole number is expected here, not {number}")
        return int(number)

    def day(self) -> date:
        found = self.value
        if isinstance(found, str):
            with suppress(ValueError):
                found = date.fromisoformat(found)
        if not isinstance(found, date):
            raise self.wrong(f"a day like 2025-03-31 is expected here, not {self._shown()}")
        if found.year not in YEARS:
            raise self.wrong(f"{found} is not a day from {YEARS[0]} to {YEARS[-1]}")
        return found

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong(f"true or false is expected here, not {self._shown()}")
        return self.value

    def _shown(self) -> str:
        if isinstance(self.value, list):
            return "a list"
        return "keys" if isinstance(self.value, dict) else repr(str(self.value))

    # --- lists and keys --------------------------------------------------------------------------

    def items(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.wrong(f"a list is expected here, not {self._shown()}")
        return self.value

    def keys(self) -> dict[str, Node]:
        """All keys, asked for by this."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"keys with values are expected here, not {self._shown()}")
        self._asked.update(self.value)
        return self.value

    def value_keys(self) -> list[tuple[str, Node]]:
        """All keys with their values, without asking for them."""
        return list(self.value.items()) if isinstance(self.value, dict) else []

    def get(self, key: str) -> Node | None:
        """The value of a key, or None where it is missing or empty."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"keys with values are expected here, not {self._shown()}")
        self._asked.add(key)
        found = self.value.get(key)
        return None if found is None or found.value is None else found

    def need(self, key: str) -> Node:
        """The value of a key that must be there."""
        found = self.get(key)
        if found is None:
            raise self.wrong(f"the key `{key}` is missing")
        return found

    def list_of(self, key: str) -> list[Node]:
        """The list of a key; none if it is missing."""
        found = self.get(key)
        return [] if found is None else found.items()

    def number_of(self, key: str, default: Decimal = Decimal(0)) -> Decimal:
        """The number of a key; the default if it is missing."""
        found = self.get(key)
        return default if found is None else found.number()

    def overlaid(self, over: Node) -> Node:
        """These keys with those of another laid over them."""
        merged = {**dict(self.value_keys()), **dict(over.value_keys())}
        return Node(merged, over.span, over.what, over._asked)

    def pass_over(self, *keys: str) -> None:
        """Keys that are for people, with all that is in them."""
        self._passed.update(keys)

    def not_asked(self) -> Iterator[Diagnostic]:
        """A warning for every key in this value that nobody looked at."""
        if isinstance(self.value, list):
            for item in self.value:
                yield from item.not_asked()
        elif isinstance(self.value, dict):
            for key, node in self.value.items():
                if key in self._passed:
                    continue
                if key not in self._asked:
                    yield NOT_READ.at(node.span, f"{self.what}: the key `{key}` is not read")
                else:
                    yield from node.not_asked()


# --- reading -------------------------------------------------------------------------------------


def read(text: str, path: str) -> Node:
    """The one document of a file. Raises MalformedError."""
    start = Span(path, 1, 1, 1, 1)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise MalformedError(BAD_FILE.at(start, "the file is empty"))
        return _Reader(loader, path).node(root, "the file")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = _span(path, mark, mark) if mark else start
        raise MalformedError(BAD_FILE.at(span, f"no YAML: {error.problem}")) from None
    except yaml.YAMLError as error:
        said = str(error).partition("\n")[0]
        raise MalformedError(BAD_FILE.at(start, f"no YAML: {said}")) from None
    except RecursionError:
        raise MalformedError(BAD_FILE.at(start, "the file is nested too deeply")) from None


def _span(path: str, start: yaml.Mark, end: yaml.Mark) -> Span:
    return Span(path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, path: str) -> None:
        self._loader = loader
        self._path = path
        self._open: set[int] = set()

    def node(self, raw: yaml.Node, what: str) -> Node:
        span = _span(self._path, raw.start_mark, raw.end_mark)
        if id(raw) in self._open:
            raise self._bad(BAD_FILE, span, f"{what} contains itself")
        self._open.add(id(raw))
        try:
            if isinstance(raw, yaml.MappingNode):
                return Node(self._keys(raw, what), span, what)
            if isinstance(raw, yaml.SequenceNode):
                listed = [self.node(each, f"{what}[{i}]") for i, each in enumerate(raw.value)]
                return Node(listed, span, what)
            return Node(self._scalar(raw, span, what), span, what)
        finally:
            self._open.discard(id(raw))

    def _keys(self, raw: yaml.MappingNode, what: str) -> dict[str, Node]:
        self._loader.flatten_mapping(raw)
        found: dict[str, Node] = {}
        for key, value in raw.value:
            span = _span(self._path, key.start_mark, key.end_mark)
            if not isinstance(key, yaml.ScalarNode):
                raise self._bad(BAD_FILE, span, f"{what}: a key has to be a word")
            if key.value in found:
                raise self._bad(BAD_FILE, span, f"{what}: the key `{key.value}` is given twice")
            name = key.value if what == "the file" else f"{what}.{key.value}"
            found[key.value] = self.node(value, name)
        return found

    def _scalar(self, raw: yaml.ScalarNode, span: Span, what: str) -> Scalar:
        if raw.tag in _NUMBERS:
            text = raw.value.replace("_", "")
            number = _decimal(text)
            if number is None:
                raise self._bad(BAD_CASE, span, f"{what}: the number {raw.value} is not read")
            return number
        try:
            value = self._loader.construct_object(raw)
        except ValueError as error:
            raise self._bad(BAD_CASE, span, f"{what}: {error}") from None
        except (AttributeError, KeyError):
            # What PyYAML makes of a tag, as in `!!bool often`, that does not fit its value.
            raise self._bad(BAD_CASE, span, f"{what}: {raw.value} is not read") from None
        if isinstance(value, datetime):
            raise self._bad(BAD_CASE, span, f"{what}: a day has no time of day")
        return value if isinstance(value, str | date | bool | None) else str(raw.value)

    def _bad(self, code: Code, span: Span, message: str) -> MalformedError:
        return MalformedError(code.at(span, message))


def _decimal(text: str) -> Decimal | None:
    """The number as it is written, or None: no infinity, no base but ten, no hours and minutes."""
    plain = text.lower().removeprefix("+").removeprefix("-")
    if not plain or set(plain) - set("0123456789.e+-"):
        return None
    if len(plain) > 1 and plain[0] == "0" and plain.isdigit():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if abs(number.adjusted()) < DIGITS else None
