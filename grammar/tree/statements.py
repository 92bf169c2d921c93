"""Clauses, and the statements and files that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

from grammar.spans import Span
from grammar.tree.conditions import Condition, Things
from grammar.tree.directives import Bound, Directive, Evenly
from grammar.tree.expressions import Date, Expression, Name, Node, Quantity, Text

# --- clauses --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When(Node):
    """`when COND`: the accounts a rule is for."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Except(Node):
    """One of `things` (`except X where ...`), `condition` (`except when ...`) and `purpose`
    (`except to raise cash`, `except to close a position`) is set."""

    things: Things | None
    condition: Condition | None
    purpose: str | None


@dataclass(frozen=True, slots=True)
class Existing(Node):
    """`existing THINGS may stay` or `existing THINGS comply within 90 days` / `by DATE`.

    `existing positions` means anything. `stay` true for `may stay`; otherwise one of `within`,
    `by` and `evenly` (`comply evenly over 8 quarters`) is set.
    """

    things: Things
    stay: bool
    within: Quantity | None
    by: Date | None
    evenly: Evenly | None = None


@dataclass(frozen=True, slots=True)
class MissingCounts(Node):
    """`missing counts as excluded`, `allowed`, or a value."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Allow(Node):
    """`allow advisor, household to set BOUND` / `to set off` / `to waive`.

    `to` is "set", "set off" or "waive"; a bare `to set` (any value) is "set" without a bound.
    `to waive for THINGS` and `to waive for existing THINGS` (`existing`) say what may be waived.
    """

    layers: tuple[Name, ...]
    to: str
    bound: Bound | None
    things: Things | None = None
    existing: bool = False


@dataclass(frozen=True, slots=True)
class Soft(Node):
    """`soft priority N`: the rule may be broken; 1 is broken last."""

    priority: int


@dataclass(frozen=True, slots=True)
class From(Node):
    """`from DATE`: the first day in force."""

    day: Date


@dataclass(frozen=True, slots=True)
class Until(Node):
    """`until DATE`: the last day in force."""

    day: Date


@dataclass(frozen=True, slots=True)
class Because(Node):
    """`because "..."`: why, in the author's words."""

    reason: Text


@dataclass(frozen=True, slots=True)
class Approved(Node):
    """`approved by "..."`."""

    by: Text


Clause = When | Except | Existing | MissingCounts | Soft | Allow | From | Until | Because | Approved


# --- statements and files -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """A comment's text without its `#`; `own_line` false where it follows a clause."""

    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class Define(Node):
    """`define tobacco as anything where ...` or `define banks as "JPM", "BAC"`."""

    name: Name
    things: Things


@dataclass(frozen=True, slots=True)
class DefineAccounts(Node):
    """`define iras as accounts where account.type in (...)`: a group of accounts."""

    name: Name
    where: Condition | None


@dataclass(frozen=True, slots=True)
class Days(Node):
    """`2026-02-03 to 2026-03-10`, both included; one day where `first` is `last`."""

    first: Date
    last: Date


@dataclass(frozen=True, slots=True)
class DefinePeriods(Node):
    """`define open_windows as 2026-02-03 to 2026-03-10, 2026-05-05 to 2026-06-10`."""

    name: Name
    periods: tuple[Days, ...]


@dataclass(frozen=True, slots=True)
class DefineFile(Node):
    """`define restricted from "restricted.csv"`: the path as written."""

    name: Name
    file: Text


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """`rule ID "Title"` with its directives and clauses; a `default` (`is_default`), a `note`
    (`is_note`), which only reports.

    A rule may hold several directives; each is a statement of its own under the same id.
    `head` covers the first line, `span` the whole block with the lines that could not be read.
    `flawed`: a line of it holds an error, so it says less, or more, than its author wrote.
    """

    is_default: bool
    id: Name
    title: Text | None
    directives: tuple[Directive, ...]
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Set(Node):
    """`set ID to VALUE`: chooses another value for a default.

    The value has the default's shape: a Bound (`between 2% and 4% of account`), an expression
    (`"ACME"`, `12`), or the word `off`. Several bare words are one Name with blanks in it.
    `flawed` as in Rule.
    """

    id: Name
    bound: Bound | None
    value: Expression | None
    off: bool
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False


@dataclass(frozen=True, slots=True)
class Waive(Node):
    """`waive ID for THINGS`, or only for held shares: `for existing THINGS` (`existing`).

    Which of its clauses it needs is the compiler's to say. `flawed` as in Rule.
    """

    id: Name
    things: Things
    existing: bool
    clauses: tuple[Clause, ...]
    head: Span = field(compare=False, repr=False)
    flawed: bool = False


Statement = Define | DefineAccounts | DefinePeriods | DefineFile | Rule | Set | Waive


@dataclass(frozen=True, slots=True)
class Layer(Node):
    """`layer ipc`, `layer advisor "ADV1"`: `of` names whose file it is."""

    name: Name
    of: Text | None


@dataclass(frozen=True, slots=True)
class Header(Node):
    """Header lines; each is None where the author left it out.

    `using` names the files whose definitions this one uses.
    `flawed`: a header line could not be read, so the file's scope, dates or guard are not known.
    """

    id: Name | None
    title: Text | None
    layer: Layer | None
    owner: Text | None
    starts: Date | None
    ends: Date | None
    guard: Condition | None
    flawed: bool = False
    using: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyFile(Node):
    """A file as far as it could be read.

    `unread` holds the names that lines with errors were about to define (groups, ids of rules), so
    that later stages need not report them as unknown.
    """

    path: str
    header: Header
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    unread: tuple[Name, ...] = ()
