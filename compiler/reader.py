"""What every reader of the tree shares: the names in sight, and the mistakes found so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from compiler import codes
from compiler.attributes import PREFIXES, Column, Vocabulary
from compiler.selections import Group
from compiler.statements import Authority
from grammar import tree
from grammar.diagnostics import Code, Diagnostic, Label
from grammar.spans import Span

ACCOUNT_TABLES = frozenset({"accounts", "households", "tax_entities"})


def closest(written: str, known: Iterable[str]) -> str | None:
    """The known name an author most likely meant; None where nothing is close."""
    names = sorted(set(known))
    found = get_close_matches(written, names, n=1, cutoff=0.7)
    if found:
        return found[0]
    folded = {name.casefold(): name for name in reversed(names)}
    found = get_close_matches(written.casefold(), sorted(folded), n=1, cutoff=0.7)
    return folded[found[0]] if found else None


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A help line with the closest known name; empty where nothing is close."""
    name = closest(written, known)
    return f"did you mean `{name}`?" if name else ""


@dataclass
class Reader:
    """Turns tree nodes of one file into typed values, collecting diagnostics.

    `find_group` resolves the name of a definition in sight and reports what is wrong with it.
    `securities` are the known ids and tickers, None without a book. `accounts_only` while reading
    a `when`: securities and lots are out of sight there.
    """

    authority: Authority
    vocabulary: Vocabulary
    find_group: Callable[[tree.Name, Reader], Group | None]
    is_group: Callable[[str], bool]
    group_names: Callable[[], Collection[str]]
    securities: frozenset[str] | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    accounts_only: bool = False

    def report(
        self,
        code: Code,
        message: str,
        at: Span,
        label: str = "",
        *,
        help: str = "",
        related: tuple[Label, ...] = (),
    ) -> None:
        """Report a mistake; after an error the statement it stands in takes no part."""
        self.diagnostics.append(code.at(at, message, label=label, related=related, help=help))

    def for_accounts(self) -> Reader:
        """The same reader, inside a `when`."""
        return replace(self, accounts_only=True)

    def column(self, name: tree.Name) -> Column | None:
        """The attribute a name means, or an error with the likeliest spelling."""
        column = self.vocabulary.find(name.value)
        if column is None:
            self._unknown(name)
            return None
        if self.accounts_only and column.table not in ACCOUNT_TABLES:
            self.report(
                codes.SECURITY_IN_WHEN,
                f"`when` picks accounts, and `{name.value}` belongs to "
                + ("lots" if column.table == "lots" else "securities"),
                name.span,
                "not a property of an account",
                help="put this condition after `where` at the end of the directive",
            )
            return None
        return column

    def _unknown(self, name: tree.Name) -> None:
        prefix, dot, rest = name.value.partition(".")
        table = PREFIXES.get(prefix, "securities") if dot else "securities"
        noun = {"tax_entities": "taxpayers"}.get(table, table)
        shown = rest if table != "securities" else name.value
        known = [
            column.written
            for column in self.vocabulary
            if not self.accounts_only or column.table in ACCOUNT_TABLES
        ]
        groups = [] if self.accounts_only else list(self.group_names())
        self.report(
            codes.UNKNOWN_ATTRIBUTE,
            f"{noun} have no attribute `{shown}`",
            name.span,
            f"no column of {noun} has this name",
            help=did_you_mean(name.value, [*known, *groups])
            or "declare the column in the book's `schema` table or in policyset.toml",
        )
