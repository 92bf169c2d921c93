"""What stands on a page, whatever it is printed as: headings, words, tables, pictures.

A report is a `Page`; `reports.html` and `reports.pdf` show the same one. Text is plain text, never
markup, so that nothing in a name or a note can act as any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from unicodedata import bidirectional

from policydsl.policy_links import Link


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Words that lead to another page; `name` is its file name without an ending."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Words that stand out or back. `look`: `quiet`, `code` or `state`."""

    text: str
    look: str


def quiet(text: str) -> Styled:
    """The long name behind a short one."""
    return Styled(f" {text}", "quiet")


def code(text: str) -> Styled:
    """What is typed or named exactly so."""
    return Styled(text, "code")


Part = str | Link | Elsewhere | Styled
Words = tuple[Part, ...]
"""Words, some of which lead somewhere."""


def words(text: str | Words) -> Words:
    """A text as words."""
    return (text,) if isinstance(text, str) else tuple(text)


def unturned(text: str) -> str:
    """The text without marks that turn its direction: a name could hide behind them what it says,
    and turn what stands beside it."""
    return "".join(letter for letter in text if bidirectional(letter) not in MARKS)


MARKS = {"RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}


def plain(text: Words) -> str:
    """The words alone."""
    return "".join(part if isinstance(part, str) else part.text for part in text)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`look`: empty, `lead`, `note`, `alert`, `says` (a rule's words) or `place`."""

    text: Words
    look: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Items without an order."""

    items: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with what is said under each."""

    rows: tuple[tuple[str, tuple[Words, ...]], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number to be seen first: `tracking error`, `0.82%`, `1.18% before`."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """Numbers side by side."""

    rows: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`number` is set right, in figures of one width; `wide` takes the room that is left."""

    name: str
    number: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The first cell names the row. `look`: empty, or `total`."""

    cells: tuple[Words, ...]
    look: str = ""
    to: str = ""
    """An anchor, where something leads here."""


@dataclass(frozen=True, slots=True)
class Table:
    """`title` says what it shows; it is not printed where the table is `headed` by its section. A
    `stacked` one becomes a card a row on a narrow screen."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    stacked: bool = False
    note: str = ""
    headed: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, the root element of an SVG; `says` is for those who cannot see it."""

    title: str
    says: str
    svg: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Blocks next to each other where there is room."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it. `look` is a frame: `card`, and the word of a rule."""

    to: str
    title: str
    blocks: tuple[Block, ...]
    look: str = ""


Block = Paragraph | Listing | Facts | Measures | Table | Picture | Beside | Section


@dataclass(frozen=True, slots=True)
class Page:
    """A report of its own. `under` stands below the title, `foot` at the end: where it comes
    from."""

    name: str
    """Its file name without an ending."""
    title: str
    under: tuple[Words, ...]
    blocks: tuple[Block, ...]
    foot: tuple[Words, ...] = ()

    @property
    def has_contents(self) -> bool:
        """Whether a list of what stands on it is worth its room."""
        return len(list(sections(self.blocks))) > 2


def sections(blocks: Iterable[Block]) -> Iterator[Section]:
    """The headings of one level."""
    return (block for block in blocks if isinstance(block, Section))


def table(title: str, columns: str, rows: Iterable[Iterable[str | Words] | Row]) -> Table:
    """A table whose columns are named in one line, `|` between: `>` before a number's, `*` before
    one that takes the room that is left."""
    named = [each.strip() for each in columns.split("|")]
    made = tuple(
        Column(each.lstrip(">*"), each.startswith(">"), each.startswith("*")) for each in named
    )
    return Table(title, made, tuple(each if isinstance(each, Row) else row(*each) for each in rows))


def row(*cells: str | Words, look: str = "", to: str = "") -> Row:
    """A row of texts."""
    return Row(tuple(words(cell) for cell in cells), look, to)


def stacked(made: Table) -> Table:
    """The table as one that becomes a card a row on a narrow screen."""
    return replace(made, stacked=True)


def with_note(made: Table, note: str) -> Table:
    """The table with words below it."""
    return replace(made, note=note)


def with_heading(made: Table) -> Table:
    """The table where its section says what it shows."""
    return replace(made, headed=True)
