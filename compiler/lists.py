"""Lists from CSV files: `define restricted from "restricted.csv"`.

Headings are attributes of securities that hold texts, such as `security_id`, `ticker` or `issuer`.
A row means the securities that have the values of its cells; a blank cell asks nothing.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from compiler import codes
from compiler.dimensions import Dimension
from compiler.expressions import Reference
from compiler.memberships import Listed
from compiler.reader import Reader, did_you_mean, letters
from compiler.selections import Selection
from grammar import tree
from grammar.spans import Span


@dataclass(frozen=True, slots=True)
class LoadedList:
    """A list's bytes as text; `text` is None where it is not UTF-8. `sha256` is of its bytes."""

    path: str
    text: str | None
    sha256: str


def place_of(define: tree.DefineFile) -> str | None:
    """The path of a list in the policy set, `/` between its parts; None where it leaves the set.

    It is written relative to the folder of the policy file that names it.
    """
    written = PurePosixPath(define.file.value)
    parts: list[str] = []
    for part in (*PurePosixPath(define.span.path).parent.parts, *written.parts):
        if part == ".." and parts:
            parts.pop()
        elif part == ".." or written.is_absolute() or "\\" in part or "\0" in part:
            return None
        else:
            parts.append(part)
    return "/".join(parts) or None


def load_lists(folder: Path, files: Iterable[tree.PolicyFile]) -> dict[str, LoadedList]:
    """Every list that the files name and that is there, by path."""
    found: dict[str, LoadedList] = {}
    for file in files:
        for define in file.statements:
            place = place_of(define) if isinstance(define, tree.DefineFile) else None
            if place is None or place in found or not (folder / place).is_file():
                continue
            try:
                data = (folder / place).read_bytes()
            except OSError:
                continue
            found[place] = LoadedList(place, _text(data), hashlib.sha256(data).hexdigest())
    return dict(sorted(found.items()))


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


# --- rows ----------------------------------------------------------------------------------------


def read_list(
    define: tree.DefineFile, lists: Mapping[str, LoadedList], reader: Reader
) -> Selection | None:
    """The securities that a list names, or None after reporting every mistake in it."""
    place = place_of(define)
    loaded = None if place is None else lists.get(place)
    if loaded is None or loaded.text is None:
        _unreadable(define, loaded is not None, reader)
        return None
    before = len(reader.diagnostics)
    rows = list(_rows(loaded.text))
    if not rows:
        rows = [(1, [])]
    columns = _columns(loaded.path, *rows[0], reader)
    listed: dict[tuple[int, ...], set[tuple[str, ...]]] = {}
    for line, cells in rows[1:]:
        filled = tuple(number for number, cell in enumerate(cells) if cell)
        if len(cells) != len(columns) or not filled:
            _bad_row(loaded.path, line, cells, len(columns), reader)
        else:
            listed.setdefault(filled, set()).add(tuple(cells[number] for number in filled))
    if len(reader.diagnostics) > before or any(column is None for column in columns):
        return None
    known = [column for column in columns if column is not None]
    _say_misspelt(loaded.path, rows[1:], known, reader)
    by_columns = tuple(
        (tuple(known[number] for number in filled), frozenset(values))
        for filled, values in sorted(listed.items())
    )
    return Selection(where=Listed(define.file.value, by_columns))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row that is not blank."""
    rows = csv.reader(text.splitlines())
    try:
        for cells in rows:
            if cells:
                yield rows.line_num, [cell.strip() for cell in cells]
    except csv.Error:
        yield rows.line_num, []


def _columns(path: str, line: int, headings: list[str], reader: Reader) -> list[Reference | None]:
    if not headings:
        reader.report(
            codes.BAD_COLUMN,
            f"the list `{path}` has no headings",
            Span(path, line, 1, line, 2),
            help="begin it with the names of attributes, such as `ticker`",
        )
    return [_column(path, line, number, headings, reader) for number in range(len(headings))]


def _column(
    path: str, line: int, number: int, headings: list[str], reader: Reader
) -> Reference | None:
    name = headings[number]
    column = reader.vocabulary.get("securities", name)
    texts = sorted(
        each.name
        for each in reader.vocabulary
        if each.table == "securities" and each.dimension is Dimension.TEXT
    )
    start = 1 + sum(len(each) + 1 for each in headings[:number])
    span = Span(path, line, start, line, start + max(1, len(name)))
    if name in headings[:number]:
        message, help_line = f"the column `{name}` is there twice", "delete one of them"
    elif column is None:
        message = f"securities have no attribute `{name}`"
        help_line = did_you_mean(name, texts) or "delete the column, or name an attribute"
    elif column.dimension is not Dimension.TEXT:
        message = f"`{name}` is {column.dimension.value}, not a text"
        help_line = "delete the column, and ask for it in `where`"
    else:
        return Reference(column)
    reader.report(codes.BAD_COLUMN, message, span, "a heading", help=help_line)
    return None


def _bad_row(path: str, line: int, cells: list[str], width: int, reader: Reader) -> None:
    blank = len(cells) == width
    reader.report(
        codes.BAD_ROW,
        "this row names nothing"
        if blank
        else f"this row has {len(cells)} cells, and the list has {width} columns",
        Span(path, line, 1, line, 1 + max(1, sum(len(cell) + 1 for cell in cells) - 1)),
        help="fill one cell, or delete the row"
        if blank
        else "put texts with commas in quotes, and one cell in each column",
    )


def _say_misspelt(
    path: str, rows: Sequence[tuple[int, list[str]]], columns: Sequence[Reference], reader: Reader
) -> None:
    """Warn, once a list, of cells that the book writes another way: they catch nothing.

    What the book merely does not have is no mistake: lists name securities that nobody holds.
    """
    known = [_by_letters(reference, reader) for reference in columns]
    found = [
        (line, number, cells, known[number][letters(cell)])
        for line, cells in rows
        for number, cell in enumerate(cells)
        if known[number].get(letters(cell), cell) != cell
    ]
    if not found:
        return
    line, number, cells, meant = found[0]
    cell = cells[number]
    start = 1 + sum(len(each) + 1 for each in cells[:number])
    others = "" if len(found) == 1 else f", and {len(found) - 1} more of this list misspelt"
    reader.report(
        codes.UNKNOWN_VALUE,
        f'`{columns[number].describe()}` is never "{cell}"{others}',
        Span(path, line, start, line, start + len(cell)),
        "no row has this value",
        help=f'did you mean "{meant}"?',
    )


def _by_letters(reference: Reference, reader: Reader) -> dict[str, str]:
    """The known texts of a column by their letters and digits, where these tell them apart."""
    values = reference.column.values
    if not values and reference.column.name in ("security_id", "ticker"):
        values = reader.securities or frozenset()
    alike: dict[str, set[str]] = {}
    for value in values:
        alike.setdefault(letters(value), set()).add(value)
    return {written: min(found) for written, found in alike.items() if len(found) == 1}


def _unreadable(define: tree.DefineFile, is_there: bool, reader: Reader) -> None:
    place = place_of(define)
    if place is None:
        message, help_line = "a list lies in the policy set", "move it beside this file"
    elif is_there:
        message, help_line = f"`{place}` is not UTF-8 text", "save it as CSV in UTF-8"
    else:
        message, help_line = f"there is no file `{place}`", "paths begin at the folder of this file"
    reader.report(codes.NO_LIST, message, define.file.span, "cannot be read", help=help_line)
