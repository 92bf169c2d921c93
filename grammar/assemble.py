"""The lines of a file put together: the header, then statements with the lines of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeVar

from grammar import codes, tree
from grammar.build import Choosing, Dates, Definition, Head, Heading, Owner, Part, Using, Waiving
from grammar.diagnostics import Diagnostic, Label
from grammar.lines import Line
from grammar.openings import Guess
from grammar.spans import Span
from grammar.words import HEADER, STATEMENTS

_ONCE: dict[type[tree.Node], str] = {
    tree.When: "when",
    tree.From: "from",
    tree.Until: "until",
    tree.MissingCounts: "missing counts as",
    tree.Soft: "soft priority",
    tree.Because: "because",
    tree.Approved: "approved by",
}
"""A rule can have only one of each of these clauses."""
_ABOUT_A_CHOICE = (tree.When, tree.From, tree.Until, tree.Because, tree.Approved)
"""The clauses that a `set` or `waive` can have."""
N = TypeVar("N", bound=tree.Node)

_FIRST = re.compile(r"\s*([^\W\d][\w-]*(?:\.[\w-]+)*)")
_ID = re.compile(rf"\s*[\w-]+(?=\s){_FIRST.pattern}")


class _Stage(Enum):
    HEADER = auto()
    BLOCK = auto()
    BETWEEN = auto()
    """After a definition: no block is open."""
    LOST = auto()
    """In a block whose first line could not be read: its lines are checked and dropped."""


@dataclass(slots=True)
class _Block:
    """A rule, default, note, set or waive as its lines come in."""

    head: Head
    end: Span
    directives: list[tree.Directive] = field(default_factory=list)
    clauses: list[tree.Clause] = field(default_factory=list)
    flawed: bool = False


class Assembly:
    """Takes the lines of a file in order; `finish` gives the file and every diagnostic."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stage = _Stage.HEADER
        self._header: dict[type[tree.Node], tree.Node] = {}
        self._using: list[tree.Name] = []
        self._header_flawed = False
        self._block: _Block | None = None
        self._statements: list[tree.Statement] = []
        self._unread: list[tree.Name] = []
        self._diagnostics: list[Diagnostic] = []

    def add(self, line: Line, part: Part | None, notes: tuple[Diagnostic, ...]) -> None:
        """A line that begins with a word of the language; `part` is None if it holds an error."""
        self._diagnostics += notes
        if line.first in STATEMENTS:
            self._statement(line, part)
        else:
            self._inner_line(line, part)

    def add_unknown(self, line: Line, guess: Guess) -> None:
        """A line that begins with no word of the language; `guess` says which was meant, if any."""
        if guess.word in STATEMENTS:
            self._close()
            self._lose(line, _FIRST if guess.left_out else _ID)
            self._stage = _Stage.LOST
        else:
            self._flaw(line)
        self._diagnostics.append(guess.diagnostic)

    def finish(
        self, comments: tuple[tree.Comment, ...]
    ) -> tuple[tree.PolicyFile, tuple[Diagnostic, ...]]:
        """The file as far as it could be read, and every diagnostic."""
        self._close()
        header = self._make_header()
        last = self._statements[-1].span if self._statements else header.span
        file = tree.PolicyFile(
            span=Span(self._path, 1, 1, last.end_line, last.end_column),
            path=self._path,
            header=header,
            statements=tuple(self._statements),
            comments=comments,
            unread=tuple(self._unread),
        )
        return file, tuple(self._diagnostics)

    # --- statements ---

    def _statement(self, line: Line, part: Part | None) -> None:
        self._close()
        if isinstance(part, Head):
            self._block = _Block(part, line.span)
            self._stage = _Stage.BLOCK
        elif isinstance(part, Definition):
            self._statements.append(part)
            self._stage = _Stage.BETWEEN
        else:
            if line.first not in ("set", "waive"):
                self._lose(line, _ID)
            self._stage = _Stage.BETWEEN if line.first == "define" else _Stage.LOST

    def _lose(self, line: Line, place: re.Pattern[str]) -> None:
        """Remember the name that a line which cannot be read was about to define."""
        word = place.match(line.text)
        if word is not None:
            span = line.place(word.start(1), word.end(1))
            self._unread.append(tree.Name(span=span, value=word.group(1)))

    def _close(self) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        head = block.head
        if isinstance(head, Heading):
            self._statements.append(self._rule(head, block))
            return
        span, clauses = head.span.through(block.end), tuple(block.clauses)
        if isinstance(head, Choosing):
            chosen = tree.Set(
                span=span, id=head.id, bound=head.bound, value=head.value, off=head.off,
                clauses=clauses, head=head.span, flawed=block.flawed,
            )  # fmt: skip
            self._statements.append(chosen)
        else:
            waived = tree.Waive(
                span=span, id=head.id, things=head.things, existing=head.existing,
                clauses=clauses, head=head.span, flawed=block.flawed,
            )  # fmt: skip
            self._statements.append(waived)

    def _rule(self, head: Heading, block: _Block) -> tree.Rule:
        if not block.directives and not block.flawed:
            self._empty(head)
        return tree.Rule(
            span=head.span.through(block.end), is_default=head.word == "default", id=head.id,
            title=head.title, directives=tuple(block.directives), clauses=tuple(block.clauses),
            head=head.span, flawed=block.flawed or not block.directives,
            is_note=head.word == "note",
        )  # fmt: skip

    def _empty(self, head: Heading) -> None:
        diagnostic = codes.EMPTY_RULE.at(
            head.span,
            f"{head.word} `{head.id.value}` says nothing",
            label="no line follows that begins with `never`, `only`, `keep` or the like",
            help="say what it asks for, such as `never hold tobacco`, or delete it",
        )
        self._diagnostics.append(diagnostic)

    # --- lines of the header and of blocks ---

    def _inner_line(self, line: Line, part: Part | None) -> None:
        if self._block is not None:
            self._block.end = line.span
        if self._stage is _Stage.LOST:
            return
        if part is None:
            self._flaw(line)
        elif isinstance(part, Dates):
            self._inner_line(line, part.starts)
            self._inner_line(line, part.until)
        elif line.first in HEADER:
            self._header_line(line, part)
        elif isinstance(part, tree.Directive):
            self._directive(line, part)
        elif isinstance(part, tree.Clause):
            self._clause(line, part)

    def _flaw(self, line: Line) -> None:
        """A line that cannot be used spoils what it stands in."""
        if self._block is not None:
            self._block.end = line.span
            self._block.flawed = True
        elif self._stage is _Stage.HEADER:
            self._header_flawed = True

    def _header_line(self, line: Line, part: tree.Node) -> None:
        if self._stage is not _Stage.HEADER:
            self._misplaced(
                line,
                f"`{line.first}` is a line of the header",
                "the header ended above",
                "put it at the top of the file, before the first rule or definition",
            )
            return
        if isinstance(part, Using):
            self._using += part.names
            return
        first = self._header.setdefault(type(part), part)
        if first is not part:
            self._header_flawed = True
            self._diagnostics.append(
                codes.HEADER_TWICE.at(
                    line.span,
                    f"the header has two lines `{line.first}`",
                    label="the second one",
                    related=(Label(first.span, "the first one"),),
                    help="keep one of the two",
                )
            )

    def _directive(self, line: Line, part: tree.Directive) -> None:
        if self._block is None:
            self._misplaced(
                line,
                f"`{line.first}` stands in no rule",
                "which rule is this?",
                'put `rule ID "Title"` on the line above',
            )
            self._stage = _Stage.LOST
        elif not isinstance(self._block.head, Heading):
            self._not_here(line, self._block.head, 'put `rule ID "Title"` on the line above')
        else:
            self._block.directives.append(part)

    def _clause(self, line: Line, part: tree.Clause) -> None:
        if self._stage is _Stage.HEADER and isinstance(part, tree.When | tree.From | tree.Until):
            self._header_line(line, part)
        elif self._block is None:
            self._misplaced(
                line,
                f"`{line.first}` stands in no rule",
                "which rule does this belong to?",
                "put it under the first line of its rule",
            )
        elif not isinstance(self._block.head, Heading) and not isinstance(part, _ABOUT_A_CHOICE):
            whole = "`default`" if isinstance(self._block.head, Choosing) else "rule"
            help = f"put it in the {whole} itself, in the file that states it"
            self._not_here(line, self._block.head, help)
        elif (first := self._earlier(part)) is not None:
            self._twice(line, part, first)
        else:
            self._block.clauses.append(part)

    def _not_here(self, line: Line, head: Choosing | Waiving, help: str) -> None:
        word, does = (
            ("waive", "lifts a rule") if isinstance(head, Waiving) else ("set", "chooses a value")
        )
        message = f"`{line.first}` cannot stand in a `{word}`"
        self._misplaced(line, message, f"a `{word}` only {does}", help)

    def _earlier(self, part: tree.Clause) -> tree.Clause | None:
        clauses = self._block.clauses if self._block is not None else []
        same = (one for one in clauses if type(one) is type(part) and type(part) in _ONCE)
        return next(same, None)

    def _twice(self, line: Line, part: tree.Clause, first: tree.Clause) -> None:
        join = isinstance(part, tree.When)
        self._flaw(line)
        self._diagnostics.append(
            codes.CLAUSE_TWICE.at(
                part.span,
                f"this rule has two clauses `{_ONCE[type(part)]}`",
                label="the second one",
                related=(Label(first.span, "the first one"),),
                help="join the two by `and` or `or`" if join else "keep one of the two",
            )
        )

    def _misplaced(self, line: Line, message: str, label: str, help: str) -> None:
        self._flaw(line)
        self._diagnostics.append(codes.WRONG_PLACE.at(line.span, message, label=label, help=help))

    # --- the header ---

    def _make_header(self) -> tree.Header:
        parts = sorted([*self._header.values(), *self._using], key=lambda part: part.span)
        start = Span(self._path, 1, 1, 1, 1)
        policy = self._found(Heading)
        owner, starts, ends = self._found(Owner), self._found(tree.From), self._found(tree.Until)
        guard = self._found(tree.When)
        return tree.Header(
            span=parts[0].span.through(parts[-1].span) if parts else start,
            id=policy.id if policy else None,
            title=policy.title if policy else None,
            layer=self._found(tree.Layer),
            owner=owner.owner if owner else None,
            starts=starts.day if starts else None,
            ends=ends.day if ends else None,
            guard=guard.condition if guard else None,
            flawed=self._header_flawed,
            using=tuple(self._using),
        )

    def _found(self, kind: type[N]) -> N | None:
        part = self._header.get(kind)
        return part if isinstance(part, kind) else None
