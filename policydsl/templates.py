"""Templates of statements: questions with types and checks, and text with places for answers.

They are data of the policy set, `templates/NAME.toml` in its folder. In the text `{security}` is
the place of an answer; a piece in square brackets is left out where one of its answers is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from grammar import tree
from grammar.diagnostics import Diagnostic, Severity
from grammar.parse import parse
from grammar.spans import Span
from policydsl.answers import TYPES, Answer, AnswerError
from policydsl.codes import BAD_TEMPLATE

FOLDER = "templates"
OWN = ("id", "group", "heading", "from", "until", "why", "by")
"""Places that every template may have, filled by the command itself."""
TAIL = "    from {from}\n    because {why}\n    approved by {by}\n"
"""Who, when and why: the end of every statement."""
UNTIL = "    [until {until}]\n"
"""Where the text does not end the statement itself."""
_TAKEN = {*OWN, "program", "advisor", "household", "account", "layer", "owner", "file", "policies",
          "book", "as_of", "dry_run", "format", "form", "debug", "help"}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")
_PIECE = re.compile(r"\[([^\[\]]*)\]")


def _plain(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z_]*", name) or name in _TAKEN:
        raise ValueError("a word of small letters that is no option of `policydsl add`")
    return name


class Question(BaseModel):
    """One thing to be asked; `least` and `most` bound a number, `options` are a choice's words."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, AfterValidator(_plain)]
    asks: str
    type: Literal["choice", "text", "texts", "name", "date", "dates", "money", "percent", "number",
                  "days", "months", "quarters", "years", "shares", "points"]  # fmt: skip
    example: str
    optional: bool = False
    default: str | None = None
    options: tuple[str, ...] = Field(default=(), strict=False)
    least: str | None = None
    most: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> Question:
        for typed in filter(None, (self.example, self.default)):
            try:
                self.answer(typed)
            except AnswerError as refused:
                raise ValueError(f"`{typed}` is no answer to `{self.name}`: {refused}") from None
        return self

    def answer(self, typed: str) -> Answer:
        """The answer in the words of the language; AnswerError where it is none."""
        if self.type == "choice":
            said = typed.strip()
            if said not in self.options:
                raise AnswerError("one of " + ", ".join(self.options))
            return Answer(said, said)
        answer = TYPES[self.type](typed)
        if answer.amount is not None:
            for end, below in ((self.least, True), (self.most, False)):
                bound = None if end is None else TYPES[self.type](end)
                if bound is not None and _beyond(answer, bound, below):
                    raise AnswerError(f"at {'least' if below else 'most'} {bound.words}")
        return answer


def _beyond(answer: Answer, bound: Answer, below: bool) -> bool:
    found, end = answer.amount or Decimal(0), bound.amount or Decimal(0)
    return found < end if below else found > end


class Template(BaseModel):
    """`id` is the end of a new rule's id and `heading` its title; a `set` or `waive` has neither.

    `layers` are those into whose files it may be written.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str
    says: str
    layers: tuple[str, ...] = Field(min_length=1, strict=False)
    id: str | None = None
    heading: str | None = None
    text: str
    questions: tuple[Question, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _sound(self) -> Template:
        names = [each.name for each in self.questions]
        places = set(_PLACE.findall(self.text))
        inside = set(_PLACE.findall(f"{self.id or ''}{self.heading or ''}"))
        unknown = sorted((places | inside) - {*names, *OWN})
        unused = sorted(set(names) - places)
        loose = sorted(
            each.name for each in self.questions if each.optional and each.name in self._fixed()
        )
        if len(set(names)) < len(names):
            raise ValueError("every question once")
        if unknown:
            raise ValueError(f"no question is called `{unknown[0]}`")
        if unused:
            raise ValueError(f"the text has no place for `{unused[0]}`")
        if loose:
            raise ValueError(f"`{loose[0]}` is optional: put its piece of the text in [ ]")
        return self

    def _fixed(self) -> set[str]:
        """Places that are always there."""
        return set(
            _PLACE.findall(_PIECE.sub("", self.text) + (self.id or "") + (self.heading or ""))
        )

    @property
    def ends(self) -> bool:
        """Whether its statements need a last day."""
        return "until" in self._fixed()

    def fill(self, answers: Mapping[str, Answer]) -> str:
        """The statement with every place filled, once: an answer is never read for places."""
        tail = TAIL if self.ends else UNTIL + TAIL
        whole = _PIECE.sub(
            lambda piece: piece[1] if set(_PLACE.findall(piece[1])) <= answers.keys() else "",
            self.text.rstrip("\n") + "\n" + tail,
        )
        return _PLACE.sub(lambda place: answers[place[1]].words, whole)

    def named(self, pattern: str, answers: Mapping[str, Answer]) -> str:
        """An id or a title with the answers in it, as they are without quotes."""
        return _PLACE.sub(lambda place: answers[place[1]].bare, pattern)

    def examples(self, *, all_of_them: bool = True) -> dict[str, Answer]:
        """The answers that the template gives as examples."""
        asked = [each for each in self.questions if all_of_them or not each.optional]
        return {each.name: each.answer(each.example) for each in asked}


# --- the shape of a statement --------------------------------------------------------------------


def shape(node: object) -> object:
    """What a tree is made of, whatever its names, texts and numbers are, and however many of them
    stand in a list. Two fillings of one template have one shape."""
    if isinstance(node, tuple):
        parts = [shape(each) for each in node]
        listed = all(
            isinstance(each, tree.Text | tree.Name | tree.Days | tree.Date) for each in node
        )
        return tuple(dict.fromkeys(parts)) if listed else tuple(parts)
    if isinstance(node, tree.Node):
        fields = (each for each in type(node).__dataclass_fields__ if each not in ("span", "head"))
        return type(node).__name__, tuple(shape(getattr(node, each)) for each in fields)
    return type(node).__name__


def statements(text: str, path: str) -> tuple[tree.Statement, ...] | tuple[Diagnostic, ...]:
    """What a filled text says, or the errors in it."""
    file, found = parse(text, path)
    errors = tuple(each for each in found if each.severity is Severity.ERROR)
    return errors or file.statements


# --- from files ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Templates:
    """The templates of a policy set by name, and what is wrong with others."""

    by_name: Mapping[str, Template]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def load_templates(folder: Path) -> Templates:
    """Every template of the policy set in `folder`. Never raises for what its files hold."""
    found: dict[str, Template] = {}
    wrong: list[Diagnostic] = []
    sources: dict[str, str] = {}
    for file in sorted((folder / FOLDER).glob("*.toml")):
        path = f"{FOLDER}/{file.name}"
        try:
            sources[path] = file.read_bytes().decode()
            template = _read(file.stem, sources[path])
        except (OSError, ValueError) as error:
            wrong.append(_wrong(path, sources.get(path, ""), error))
        else:
            found[file.stem] = template
    return Templates(found, tuple(wrong), sources)


def _read(name: str, text: str) -> Template:
    if not re.fullmatch(r"[a-z][a-z-]*", name):
        raise ValueError("the file's name is small letters with `-` between words")
    template = Template.model_validate(tomllib.loads(text))
    for everything in (True, False):
        answers = template.examples(all_of_them=everything)
        said = statements(template.fill({**_OWN_EXAMPLES, **answers}), name)
        first = said[0] if said else None
        if isinstance(first, Diagnostic):
            raise ValueError(f"filled with its examples: {first.message}")  # noqa: TRY004
        if first is None:
            raise ValueError("filled with its examples, it says nothing")
    return template


_OWN_EXAMPLES = {
    "id": Answer("h1042.example", "h1042.example"),
    "group": Answer("h1042_example", "h1042_example"),
    "heading": Answer('"Example"', "Example"),
    "from": Answer("2026-01-01", "2026-01-01"),
    "until": Answer("2026-12-31", "2026-12-31"),
    "why": Answer('"Example"', "Example"),
    "by": Answer('"Example"', "Example"),
}


def _wrong(path: str, text: str, error: OSError | ValueError) -> Diagnostic:
    where: tuple[str, ...] = ()
    label = str(error).partition("\n")[0]
    if isinstance(error, ValidationError):
        # An entry that is not known comes before one that is missing: it may be its misspelling.
        first = min(error.errors(), key=lambda each: each["type"] == "missing")
        where = tuple(str(part) for part in first["loc"] if isinstance(part, str))
        cause = str(first["msg"]).removeprefix("Value error, ")
        label = ": ".join(filter(None, (*where[-1:], cause[:1].lower() + cause[1:])))
    return BAD_TEMPLATE.at(
        _place(path, text, where),
        f"the template `{Path(path).stem}` is not right",
        label=label[:1].lower() + label[1:],
        help="a template has title, says, layers, text and questions",
    )


def _place(path: str, text: str, where: tuple[str, ...]) -> Span:
    """The line that an entry most likely stands in."""
    for entry in reversed(where):
        found = re.search(rf"(?m)^(?:\[\[)?{re.escape(entry)}\b", text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            return Span(path, line, 1, line, 1 + len(found[0]))
    return Span(path, 1, 1, 1, 2)
