"""One canonical layout of a policy file: the words and clause order of the language, comments kept.

A comment stays with the line it stands before or beside, or with the piece of a long line that it
stands beside. Between statements is one blank row; definitions and bare `set`s without one stay
together, and comments keep the blank rows among them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from grammar import tree, trial
from grammar.lines import begins_another
from grammar.wording import MARK
from grammar.write import INDENT, head, header_lines, inner, line
from grammar.write_tests import trial_head, trial_line

File = tree.PolicyFile | trial.TestFile

WIDTH = 100
"""Columns of a row, comments beside it not counted."""

_ORDER: tuple[type[tree.Clause], ...] = (
    tree.When, tree.Except, tree.Existing, tree.MissingCounts, tree.Soft, tree.Allow, tree.From,
    tree.Until, tree.Because, tree.Approved,
)  # fmt: skip
"""The clauses of a block as they are to stand; directives follow `when`, in the author's order."""


def layout(file: tree.PolicyFile) -> str:
    """The file in its canonical layout; the tree must have come without errors."""
    header = [
        _Line(node.span.line, node.span.end_line, text) for node, text in header_lines(file.header)
    ]
    return _laid_out(header, [_block(one) for one in file.statements], file.comments)


def layout_tests(file: trial.TestFile) -> str:
    """A file of tests in its canonical layout; the lines of a test keep their order."""
    return _laid_out([], [_trial(one) for one in file.trials], file.comments)


def _laid_out(header: list[_Line], blocks: list[_Block], comments: tuple[tree.Comment, ...]) -> str:
    ending = _attach(header, blocks, comments)
    rows = _header_rows(header)
    before: _Block | None = None
    for block in blocks:
        if rows and not (before is not None and _together(before, block)):
            rows.append("")
        rows += _block_rows(block)
        before = block
    if rows and ending:
        rows.append("")
    rows += _comment_rows(ending)
    return "".join(f"{row}\n" for row in rows)


def same(one: File, other: File) -> bool:
    """Whether two files of one kind say the same, in whatever order of clauses, comments too."""
    return _content(one) == _content(other)


def _content(file: File) -> tuple[object, ...]:
    texts = sorted(comment.text for comment in file.comments)
    if isinstance(file, trial.TestFile):
        return file.trials, texts
    return file.header, tuple(map(_in_order, file.statements)), texts


def _in_order(node: tree.Statement) -> tree.Statement:
    if isinstance(node, tree.Rule | tree.Set | tree.Waive):
        return replace(node, clauses=tuple(sorted(node.clauses, key=_rank)))
    return node


def _rank(node: tree.Directive | tree.Clause) -> float:
    return 0.5 if isinstance(node, tree.Directive) else _ORDER.index(type(node))


# --- lines and the comments that belong to them --------------------------------------------------


@dataclass(slots=True, eq=False)
class _Line:
    """A logical line: its rows in the source, its words with marks, and its comments."""

    row: int
    end: int
    text: str
    before: list[tree.Comment] = field(default_factory=list)
    beside: list[tree.Comment] = field(default_factory=list)
    """Behind the line or inside it."""


@dataclass(slots=True, eq=False)
class _Block:
    """A statement: its first line, the others in their canonical order, comments at its end."""

    head: _Line
    inner: list[_Line]
    takes_lines: bool
    """Whether lines may follow the first one, so that a comment set in belongs to the block."""
    after: list[tree.Comment] = field(default_factory=list)


def _block(node: tree.Statement) -> _Block:
    blocky = isinstance(node, tree.Rule | tree.Set | tree.Waive)
    place = node.head if isinstance(node, tree.Rule | tree.Set | tree.Waive) else node.span
    lines = [
        _Line(one.span.line, one.span.end_line, line(one)) for one in sorted(inner(node), key=_rank)
    ]
    return _Block(_Line(place.line, place.end_line, head(node)), lines, blocky)


def _trial(one: trial.Trial) -> _Block:
    lines = [_Line(each.span.line, each.span.end_line, trial_line(each)) for each in one.lines]
    return _Block(_Line(one.head.line, one.head.end_line, trial_head(one)), lines, True)


def _attach(
    header: list[_Line], blocks: list[_Block], comments: Iterable[tree.Comment]
) -> list[tree.Comment]:
    """Give every comment to its line; what is left stands at the end of the file."""
    owners: list[tuple[_Line, _Block | None]] = [(one, None) for one in header]
    owners += [(one, block) for block in blocks for one in (block.head, *block.inner)]
    owners.sort(key=lambda owner: owner[0].row)
    rows = [one.row for one, _ in owners]
    ending: list[tree.Comment] = []
    for comment in comments:
        at = bisect_right(rows, comment.span.line)
        here, block = owners[at - 1] if at else (None, None)
        following, its_block = owners[at] if at < len(owners) else (None, None)
        queue = ending if following is None else following.before
        if here is not None and (not comment.own_line or comment.span.line < here.end):
            here.beside.append(comment)
        elif block is not None and block is not its_block and not queue and _set_in(comment, block):
            block.after.append(comment)
        else:
            queue.append(comment)
    return ending


def _set_in(comment: tree.Comment, block: _Block) -> bool:
    return block.takes_lines and comment.span.column > 1


# --- rows ----------------------------------------------------------------------------------------


def _header_rows(header: list[_Line]) -> list[str]:
    """What stands before the first line of the source stays at the top."""
    if not header:
        return []
    first = min(header, key=lambda one: one.row)
    rows = _comment_rows(first.before, first.row)
    for one in header:
        rows += [] if one is first else [_comment(each) for each in one.before]
        rows += _rows(one, "")
    return rows


def _block_rows(block: _Block) -> list[str]:
    rows = _comment_rows(block.head.before, block.head.row)
    rows += _rows(block.head, "")
    for one in block.inner:
        rows += [INDENT + _comment(each) for each in one.before]
        rows += _rows(one, INDENT)
    return rows + [INDENT + _comment(each) for each in block.after]


def _together(before: _Block, block: _Block) -> bool:
    """Whether two statements of one line each stand without a blank row between them."""
    if before.inner or before.after or block.inner or block.after:
        return False
    start = block.head.before[0].span.line if block.head.before else block.head.row
    last = max([before.head.end, *(each.span.line for each in before.head.beside)])
    return start == last + 1


def _comment_rows(comments: list[tree.Comment], following: int | None = None) -> list[str]:
    """Comments with the blank rows among them, and before the row that follows."""
    rows: list[str] = []
    for at, comment in enumerate(comments):
        rows.append(_comment(comment))
        after = comments[at + 1].span.line if at + 1 < len(comments) else following
        if after is not None and after > comment.span.line + 1:
            rows.append("")
    return rows


def _comment(comment: tree.Comment) -> str:
    return f"#{comment.text}"


@dataclass(slots=True, eq=False)
class _Piece:
    """A part of a line before which its row may end, with the comments around it."""

    row: int
    text: str
    before: list[tree.Comment] = field(default_factory=list)
    behind: list[tree.Comment] = field(default_factory=list)


def _rows(one: _Line, indent: str) -> list[str]:
    """A line on as many rows as its width and the comments inside it ask for."""
    rows: list[str] = []
    pieces = _pieces(one)
    for at, piece in enumerate(pieces):
        broken = at == 0 or pieces[at - 1].behind or piece.before
        if not broken and len(rows[-1]) + 1 + len(piece.text) <= WIDTH:
            rows[-1] += f" {piece.text}"
        else:
            start = indent if at == 0 else indent + INDENT
            rows += [start + _comment(each) for each in piece.before]
            rows.append(start + piece.text)
        rows[-1] += "".join(f"  {_comment(each)}" for each in piece.behind)
    return rows


def _pieces(one: _Line) -> list[_Piece]:
    first, *others = MARK.split(one.text)
    pieces = [_Piece(one.row, first)]
    for row, text in zip(others[::2], others[1::2], strict=True):
        if begins_another(text):
            pieces[-1].text += f" {text}"
        else:
            pieces.append(_Piece(int(row), text))
    rows = [piece.row for piece in pieces]
    for comment in one.beside:
        at = max(0, bisect_right(rows, comment.span.line) - 1)
        if not comment.own_line:
            pieces[at].behind.append(comment)
        elif at + 1 < len(pieces):
            pieces[at + 1].before.append(comment)
        else:
            pieces[0].before.append(comment)
    for piece in pieces:
        piece.before += piece.behind[:-1]
        del piece.behind[:-1]
    return pieces
