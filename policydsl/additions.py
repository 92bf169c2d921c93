"""A statement made from a template: its place in the policy set, and what the set says with it.

Nothing is written before the whole set has been read and checked as it would then be.
"""

from __future__ import annotations

import difflib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compiler.check import check_policies
from compiler.policyset import MANIFEST, PolicySet, load_policies
from grammar import tree
from grammar.diagnostics import Diagnostic, Severity
from grammar.layout import layout
from grammar.parse import parse
from policydsl.answers import Answer, AnswerError
from policydsl.checking import known_securities, merge
from policydsl.templates import Template, shape, statements
from portfolio.book import Book


class PlaceError(ValueError):
    """A statement that fits no file; the message says why."""


@dataclass(frozen=True)
class Target:
    """The file of the policy set that takes a statement: `header` is empty where it exists."""

    path: str
    header: str
    before: bytes


@dataclass(frozen=True)
class Addition:
    """A file as it stands and as it would be, the statement in it, and what is new to be said.

    `found` are the diagnostics that the set has with the statement and not without it; `held` are
    accounts of the book that it would stop; `sources` are the texts that diagnostics show.
    """

    path: str
    before: bytes
    after: bytes
    statement: str
    line: int
    found: tuple[Diagnostic, ...]
    held: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, str]

    @property
    def stopped(self) -> bool:
        """Whether an error stands in the way."""
        return bool(self.held) or any(each.severity is Severity.ERROR for each in self.found)

    def diff(self) -> str:
        """What changes in the file, as a unified diff."""
        texts = [self.before.decode("utf-8-sig"), self.after.decode("utf-8-sig")]
        old, new = ([f"{row}\n" for row in text.splitlines()] for text in texts)
        start = "/dev/null" if not self.before else f"a/{self.path}"
        return "".join(difflib.unified_diff(old, new, start, f"b/{self.path}"))


# --- the statement -------------------------------------------------------------------------------


def filled(template: Template, answers: Mapping[str, Answer]) -> str:
    """The statement in its canonical layout.

    Raises AnswerError where the answers make it something else than examples would.
    """
    examples = template.examples()
    free = {each.name for each in template.questions if each.type != "choice"}
    plain = {name: examples[name] if name in free else each for name, each in answers.items()}
    text = template.fill(answers)
    said = statements(text, "")
    first = next(iter(said), None)
    if isinstance(first, Diagnostic):
        raise AnswerError(f"{first.message}; {first.help}" if first.help else first.message)
    if shape(said) != shape(statements(template.fill(plain), "")):
        raise AnswerError("an answer says more than its question asks")
    file, _ = parse(text, "")
    return layout(file)


def free_id(wanted: str, policies: PolicySet) -> str:
    """`wanted`, numbered where the set has it already."""
    taken = {
        each.id.value
        for file in policies.files
        for each in file.tree.statements
        if isinstance(each, tree.Rule)
    }
    taken |= {name.value for file in policies.files for name in file.tree.unread}
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}_{number}"
    return found


def as_name(*parts: str) -> str:
    """A name of the language made from texts: `H1042`, `keep MSFT` become `h1042.keep_msft`."""
    words = [re.sub(r"\W+", "_", part.lower()).strip("_") for part in parts]
    name = ".".join(word for word in words if word)
    return name if name[:1].isalpha() else f"x{name}"


# --- its file ------------------------------------------------------------------------------------


def target(
    layer: str, of: str | None, owner: str, folder: Path, policies: PolicySet, named: str | None
) -> Target:
    """The file for statements of a layer: the one named, the one there is, or a new one.

    Raises PlaceError where it cannot be said which.
    """
    own = [file for file in policies.files if _speaks_for(file.tree, layer, of)]
    usual = f"{layer}/{_file_name(of)}.policy" if of else f"{layer}/{layer}.policy"
    if named is not None:
        chosen = next((file for file in policies.files if file.path == named), None)
        if chosen is not None and chosen not in own:
            raise PlaceError(f"{named} is not a file of {_called(layer, of)}")
        path = named
    elif any(file.path == usual for file in own) or not own:
        path = usual
    elif len(own) > 1 and of is None:
        files = ", ".join(file.path for file in own)
        raise PlaceError(f"{layer} has several files: name one by --file ({files})")
    else:
        path = own[0].path
    place = _inside(folder, path)
    if any(file.path == path for file in own):
        return Target(path, "", place.read_bytes())
    if place.exists():
        raise PlaceError(f"{path} is there and is not a file of {_called(layer, of)}: name another")
    if any((above / MANIFEST).exists() for above in place.parents if folder in above.parents):
        raise PlaceError(f"{path} would belong to a policy set of its own")
    return Target(path, _header(layer, of, owner, Path(path).stem), b"")


def _speaks_for(file: tree.PolicyFile, layer: str, of: str | None) -> bool:
    said = file.header.layer
    if said is None or file.header.flawed:
        return False
    # A file for some accounts, or for a time, is no place for what holds for all of them.
    narrow = file.header.guard or file.header.starts or file.header.ends
    whose = None if said.of is None else said.of.value
    return said.name.value == layer and whose == of and narrow is None


def _called(layer: str, of: str | None) -> str:
    return layer if of is None else f"{layer} {of}"


def _file_name(of: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", of).strip(".-")
    if not name:
        raise PlaceError(f"`{of}` gives no file a name: name one by --file")
    return name


def _inside(folder: Path, path: str) -> Path:
    place = (folder / path).resolve()
    if folder.resolve() not in place.parents or place.suffix != ".policy":
        raise PlaceError(f"{path} is not a `.policy` file below {folder}")
    return place


def _header(layer: str, of: str | None, owner: str, stem: str) -> str:
    title = f"{layer.capitalize()} {of}" if of else f"{layer.capitalize()}: {stem}"
    whose = f' "{of}"' if of else ""
    rows = [f'policy {as_name(layer, of or stem)} "{title}"', f"layer {layer}{whose}"]
    return "\n".join([*rows, f'owner "{owner}"']) + "\n"


# --- the set with it -----------------------------------------------------------------------------


def addition(
    statement: str, at: Target, folder: Path, policies: PolicySet, book: Book | None
) -> Addition:
    """The set as it would be, checked; for the accounts of a book too, where one is given."""
    before = at.before.decode("utf-8-sig")
    ending = "\r\n" if "\r\n" in before else "\n"
    kept = before.rstrip()
    head = at.header if not before else ("" if not kept else kept + ending)
    text = f"{head}{ending if head else ''}" + statement.replace("\n", ending)
    mark = b"\xef\xbb\xbf" if at.before.startswith(b"\xef\xbb\xbf") else b""
    after = mark + text.encode()
    line = 1 if not head else head.count("\n") + 2
    with tempfile.TemporaryDirectory() as made:
        trial = Path(made)
        _copy(policies, folder, trial)
        _write(trial / at.path, after)
        changed = load_policies(trial)
    _whole(policies, changed, at.path)
    households = None if book is None else _reached(at, changed, book)
    old, held_before = _judged(policies, book, households)
    new, held_after = _judged(changed, book, households)
    found = tuple(each for each in new if each not in old)
    held = {account: why for account, why in held_after.items() if account not in held_before}
    return Addition(at.path, at.before, after, statement, line, found, held, changed.sources)


def _whole(policies: PolicySet, changed: PolicySet, path: str) -> None:
    """Raises PlaceError unless the file, as it would be, begins with all that it says today."""
    old = next((file.tree.statements for file in policies.files if file.path == path), ())
    new = next((file.tree.statements for file in changed.files if file.path == path), None)
    if new is None:
        raise PlaceError(f"the members of {MANIFEST} do not take in {path}")
    if new[: len(old)] != old:
        raise PlaceError(f"the last line of {path} runs on: mend it first")


def _reached(at: Target, changed: PolicySet, book: Book) -> list[str] | None:
    """The households that a file can speak about; None for all of them."""
    file = next(file for file in changed.files if file.path == at.path)
    said = file.tree.header.layer
    of = None if said is None or said.of is None else said.of.value
    if said is None or of is None or said.name.value not in ("household", "account"):
        return None
    holder = of if said.name.value == "household" else book.holder(of)
    return [holder] if holder in book.household_ids and holder else []


def _judged(
    policies: PolicySet, book: Book | None, households: Sequence[str] | None
) -> tuple[tuple[Diagnostic, ...], dict[str, tuple[str, ...]]]:
    if book is None:
        return check_policies(policies).diagnostics, {}
    typed = check_policies(policies, book.attributes, known_securities(book), book.as_of)
    merged, held = merge(typed, book, households)
    return tuple(dict.fromkeys((*typed.diagnostics, *merged))), held


def _copy(policies: PolicySet, folder: Path, to: Path) -> None:
    for path in policies.hashes:
        _write(to / path, (folder / path).read_bytes())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
