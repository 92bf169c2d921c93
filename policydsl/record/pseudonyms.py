"""Other names for clients: one for each id and name, the same wherever it stands.

A pseudonym begins with the place of its id in the order of all ids of the run, so that what is
sorted by ids stays as it is; with a secret key it ends with eight digits of a keyed hash
(HMAC-SHA256), the same in every run of that key.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+")
WORD = re.compile(r"[^\W\d_]{3,}")
LEAST_DIGITS = 6
"""An id of fewer digits, and nothing else, cannot be told from a number in a sentence."""
PART = 4
"""So many letters of an id are looked for inside other words too."""
COMMON = frozenset(
    {"and", "the", "for", "von", "van", "der", "family", "trust", "household", "account"}
    | {"estate", "foundation", "living", "revocable", "joint", "client", "clients"}
)


class AmbiguousIdError(ValueError):
    """An id that cannot be told from something else in a text."""


@dataclass(frozen=True)
class Pseudonyms:
    """What stands instead of what: `ids` and `names` map to pseudonyms. In texts both are found in
    any case, as whole words."""

    ids: Mapping[str, str]
    names: Mapping[str, str]

    def of(self, id: str) -> str:
        """The pseudonym of an id; what is none stays."""
        return self.ids.get(id, id)

    def text(self, text: str) -> str:
        """A text with every id and name in it replaced, the longest first."""
        return self._pattern.sub(self._instead, text) if self._all else text

    @cached_property
    def _all(self) -> dict[str, str]:
        found = {name.casefold(): other for name, other in self.names.items()}
        return found | {id.casefold(): other for id, other in self.ids.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self._all, key=lambda word: (-len(word), word))
        either = "|".join(re.escape(word) for word in words)
        return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)

    def _instead(self, match: re.Match[str]) -> str:
        found = match.group()
        if found.isdigit() and _part_of_a_number(match):
            return found
        other = self._all.get(found.casefold(), found)
        return other.lower() if found.islower() else other

    def left_in(self, content: bytes) -> list[str]:
        """The ids and names that still stand in some bytes, in whatever case."""
        lower = content.decode("utf-8", "replace").casefold()
        whole = {match.group() for match in self._pattern.finditer(lower) if self._all}
        inside = {word for word in self._all if len(word) >= PART and word in lower}
        return sorted({word for word in whole if not word.isdigit()} | inside)


def _part_of_a_number(match: re.Match[str]) -> bool:
    """Whether digits are those of an amount: with a sign of one, or a point, before or behind."""
    before = match.string[: match.start()][-1:]
    behind = match.string[match.end() :][:2]
    return (before in "$.,+" and before != "") or bool(re.match(r"[.,]\d|%|¢", behind))


def pseudonyms(
    ids: Mapping[str, Iterable[str]],
    names: Iterable[str],
    key: bytes | None,
    market: Collection[str],
    house: Collection[str],
) -> Pseudonyms:
    """Pseudonyms for ids by what they are of, for whole names, and for words of names. `market` are
    cells (folded) that are about nobody, of which none may be an id: AmbiguousIdError. `house` are
    words (folded) that stand elsewhere too: they are no part of a name."""
    kinds: dict[str, str] = {}
    for kind, members in ids.items():
        for id in members:
            _unambiguous(kind, id, market)
            kinds.setdefault(id, kind)
    given = {
        id: f"{_letters(place)}_{kinds[id]}{_tail(kinds[id], id, key)}"
        for place, id in enumerate(sorted(kinds), 1)
    }
    told: dict[str, str] = {}
    for place, name in enumerate(sorted({n.strip() for n in names if n.strip()}), 1):
        told[name] = f"Name {_letters(place)}{_tail('name', name, key)}"
    words = {word for name in told for word in WORD.findall(name)}
    folded = {word.casefold() for word in words} - set(house) - COMMON
    for place, word in enumerate(sorted(folded), 1):
        told.setdefault(word, f"{_letters(place).lower()}_word{_tail('word', word, key)}")
    return Pseudonyms(given, {name: other for name, other in told.items() if name not in given})


def _unambiguous(kind: str, id: str, market: Collection[str]) -> None:
    if NUMBER.fullmatch(id) and len(id) < LEAST_DIGITS:
        raise AmbiguousIdError(f"the {kind} id {id} cannot be told from a number")
    if len(id) < 2 or id.casefold() in market:
        raise AmbiguousIdError(f"the {kind} id {id} also names something else in the book")


def _letters(place: int) -> str:
    """Five letters, in the order of their numbers: digits would look like those of other ids."""
    found = ""
    for _ in range(5):
        place, letter = divmod(place, 26)
        found = chr(ord("A") + letter) + found
    return found


def _tail(kind: str, id: str, key: bytes | None) -> str:
    if key is None:
        return ""
    return "_" + hmac.new(key, f"{kind}\n{id}".encode(), "sha256").hexdigest()[:8]
