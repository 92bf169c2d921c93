"""What every reader of the tree shares: the names in sight, and the mistakes found so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Protocol, TypeVar

from compiler import codes
from compiler.attributes import AFTER_THE_SOLVE, PREFIXES, Column, Vocabulary
from compiler.memberships import AccountGroup, Periods
from compiler.selections import Group
from compiler.statements import Authority
from grammar import tree
from grammar.diagnostics import Code, Diagnostic, Label, Severity
from grammar.spans import Span

M = TypeVar("M", Group, AccountGroup, Periods)

ACCOUNT_TABLES = frozenset({"accounts", "households", "tax_entities"})


def closest(written: str, known: Iterable[str]) -> str | None:
    """The known name an author most likely meant; None where nothing is close."""
    names = sorted(set(known))
    swapped = next((name for name in names if sorted(name) == sorted(written)), None)
    if swapped is not None and swapped != written:
        return swapped
    found = get_close_matches(written, names, n=1, cutoff=0.7)
    if found:
        return found[0]
    folded = {name.casefold(): name for name in reversed(names)}
    found = get_close_matches(written.casefold(), sorted(folded), n=1, cutoff=0.7)
    return folded[found[0]] if found else None


_LOOK_ALIKE = str.maketrans("oil", "011")


def letters(text: str) -> str:
    """The letters and digits of a text; those that are told apart by case or at a close look only
    are one."""
    return "".join(filter(str.isalnum, text.casefold())).translate(_LOOK_ALIKE)


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A help line with the closest known name; empty where nothing is close."""
    name = closest(written, known)
    return f"did you mean `{name}`?" if name else ""


_PREFIXED = (
    "what an account has is written `account.type`, `household.tags`, `taxpayer.state`; "
    "a column of your own is declared in the book's `schema` table or in policyset.toml"
)


def _in_part(written: str, known: Iterable[str]) -> str:
    """A help line with the known names that have `written` as a part; empty where none has."""
    said = written.casefold()
    names = [name for name in sorted(known) if said in re.split("[._]", name.casefold())]
    return (
        f"did you mean {' or '.join(f'`{name}`' for name in names)}?" if 0 < len(names) < 4 else ""
    )


def causes(diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
    """The errors among diagnostics, as codes with their places."""
    return tuple(
        f"{each.code} {each.primary.span.path}:{each.primary.span.line}"
        for each in diagnostics
        if each.severity is Severity.ERROR
    )


class Groups(Protocol):
    """The definitions of a policy set, seen from the layer of a file."""

    def find(self, name: tree.Name, wanted: type[M], reader: Reader) -> M | None:
        """What this name means in sight; None after reporting why there is nothing such."""

    def has(self, name: str, viewer: Authority) -> bool:
        """Whether something of this name is in sight."""

    def names(self, viewer: Authority) -> list[str]:
        """Every name in sight, sorted."""

    def kinds(self, name: str, viewer: Authority) -> set[type[Group | AccountGroup | Periods]]:
        """What the definitions of a name in sight define."""


@dataclass
class Reader:
    """Turns tree nodes of one file into typed values, collecting diagnostics.

    `securities` are the known ids and tickers, None without a book. `accounts_only` while reading
    a `when`: securities and lots are out of sight there. `using` are the policies whose definitions
    the file prefers. `after_solve` while reading what is asked of trades once they are known,
    `replacing` while reading what may stand in for another security.
    """

    authority: Authority
    vocabulary: Vocabulary
    groups: Groups
    layers: tuple[str, ...]
    securities: frozenset[str] | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    accounts_only: bool = False
    using: frozenset[str] = frozenset()
    after_solve: bool = False
    replacing: bool = False

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

    def find_group(self, name: tree.Name) -> Group | None:
        """The group a bare word means, or None after reporting why there is none."""
        return self.groups.find(name, Group, self)

    def defines(self, name: str, kind: type[Group | AccountGroup | Periods]) -> bool:
        """Whether a definition in sight gives a name this kind of meaning."""
        return kind in self.groups.kinds(name, self.authority)

    def is_group(self, name: str) -> bool:
        """Whether a bare word is the name of a group in sight."""
        return self.groups.has(name, self.authority)

    def group_names(self) -> list[str]:
        """Every group in sight, sorted."""
        return self.groups.names(self.authority)

    def for_accounts(self) -> Reader:
        """The same reader, inside a `when`."""
        return replace(self, accounts_only=True)

    def for_trades(self) -> Reader:
        """The same reader, for lines about a proposal's trades."""
        return replace(self, after_solve=True)

    def for_substitutes(self) -> Reader:
        """The same reader, inside the `where` of what stands in for another security."""
        return replace(self, replacing=True)

    def unknown_layer(self, name: tree.Name) -> None:
        """Report a layer that the set does not have."""
        self.report(
            codes.UNKNOWN_LAYER,
            f"there is no layer `{name.value}`",
            name.span,
            help=did_you_mean(name.value, self.layers)
            or "layers of this set: " + ", ".join(self.layers),
        )

    def is_below(self, name: tree.Name, own: Authority) -> bool:
        """Whether a layer that `allow` names is below the one that grants; reported if not."""
        if name.value not in self.layers:
            self.unknown_layer(name)
            return False
        if self.layers.index(name.value) > own.rank:
            return True
        self.report(
            codes.GRANT_UPWARD,
            f"`{name.value}` is not below `{own.layer}`",
            name.span,
            "nothing to grant",
            help="grants go to lower layers: "
            + (", ".join(self.layers[own.rank + 1 :]) or "there are none"),
        )
        return False

    def column(self, name: tree.Name) -> Column | None:
        """The attribute a name means, or an error with the likeliest spelling."""
        column = self.vocabulary.find(name.value)
        if column is None:
            self._unknown(name)
            return None
        if column.table in AFTER_THE_SOLVE and not self.after_solve:
            self.report(
                codes.DOES_NOT_APPLY,
                f"`{name.value}` is known once the trades are",
                name.span,
                "this line decides which trades there are",
                help="use it in `ask ... before` or `report`, on the line itself",
            )
            return None
        if column.table == "originals" and not self.replacing:
            self.report(
                codes.DOES_NOT_APPLY,
                f"`{name.value}` is of a security that another stands in for",
                name.span,
                "nothing is replaced here",
                help="use it in `replace harvested with anything where ...`",
            )
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

    def _group_as_attribute(self, name: tree.Name) -> bool:
        """Report a definition that stands where an attribute belongs."""
        if not self.defines(name.value, Group):
            return False
        self.report(
            codes.WRONG_KIND,
            f"`{name.value}` is a group of securities or lots, not an attribute",
            name.span,
            help="put it after `where` at the end of a directive"
            if self.accounts_only
            else f"a group stands alone: `where {name.value}`",
        )
        return True

    def _unknown(self, name: tree.Name) -> None:
        prefix, dot, rest = name.value.partition(".")
        table = PREFIXES.get(prefix, "securities") if dot else "securities"
        noun = {"tax_entities": "taxpayers"}.get(table, table)
        shown = rest if table != "securities" else name.value
        if self.accounts_only and prefix not in PREFIXES:
            noun = "accounts, households and taxpayers"
        elsewhere = [
            column.written
            for column in self.vocabulary
            if column.name == name.value and column.table in ACCOUNT_TABLES
        ]
        known = [
            column.written
            for column in self.vocabulary
            if not self.accounts_only or column.table in ACCOUNT_TABLES
        ]
        if self._group_as_attribute(name):
            return
        known += ["today", "year.start", "year.end"]
        groups = [] if self.accounts_only else list(self.group_names())
        known += [f"inside.{group}" for group in groups]
        self.report(
            codes.UNKNOWN_ATTRIBUTE,
            f"{noun} have no attribute `{shown}`",
            name.span,
            f"no column of {noun} has this name",
            help=(f"did you mean `{min(elsewhere)}`?" if elsewhere and self.accounts_only else "")
            or did_you_mean(name.value, [*known, *groups])
            or _in_part(name.value, known)
            or (_PREFIXED if self.accounts_only and prefix not in PREFIXES else "")
            or "declare the column in the book's `schema` table or in policyset.toml",
        )


def check_dates(starts: tree.Date | None, ends: tree.Date | None, reader: Reader) -> None:
    """Report a last day before the first."""
    if starts is not None and ends is not None and ends.value < starts.value:
        reader.report(
            codes.ENDS_BEFORE,
            f"this ends on {ends.value} and begins on {starts.value}",
            ends.span,
            "the last day in force is before the first",
            help="swap the dates, or delete the line",
        )
