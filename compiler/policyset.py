"""A folder of policies: its manifest, its files in a stable order, and what could not be read.

A set is a folder with `policyset.toml` (name, layers from the highest down, members, attributes
that it relies on). A nested folder with a manifest of its own is another set. Without a manifest
every `*.policy` below belongs.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from compiler import codes
from compiler.lists import LoadedList, load_lists
from grammar.diagnostics import Diagnostic
from grammar.parse import parse_bytes
from grammar.spans import Span
from grammar.tree import PolicyFile
from portfolio.household import Attribute, AttributeType

MANIFEST = "policyset.toml"
LAYERS = ("firm", "ipc", "program", "advisor", "household", "account")


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One policy file; `sha256` is of its bytes."""

    path: str
    text: str
    sha256: str
    tree: PolicyFile


@dataclass(frozen=True, slots=True)
class Declaration:
    """An attribute that the set relies on, and where the manifest says so."""

    attribute: Attribute
    span: Span


_Percent = Annotated[float | int, Field(ge=0, le=100)]


class _Least(BaseModel):
    """Percentages that the coverage of the set's tests may not fall below."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rules: _Percent = 0
    conditions: _Percent = 0
    binding: _Percent = 0


class TestSettings(BaseModel):
    """What holds for all tests of the set: the day of those that name none, and coverage."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", strict=True)

    today: date | None = None
    coverage: _Least = Field(default_factory=_Least)


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Trees of all files, ordered by path. Paths are relative to the folder, with `/`.

    `lists` are the CSV files that definitions name, by path.
    """

    name: str
    layers: tuple[str, ...]
    declared: tuple[Declaration, ...]
    files: tuple[LoadedFile, ...]
    diagnostics: tuple[Diagnostic, ...]
    manifest: str | None = None
    lists: Mapping[str, LoadedList] = field(default_factory=dict)
    tests: TestSettings = field(default_factory=TestSettings)

    @property
    def sources(self) -> Mapping[str, str]:
        """The text of every file by path, lists included, for showing diagnostics."""
        found = {each.path: each.text or "" for each in self.lists.values()}
        found |= {file.path: file.text for file in self.files}
        return found if self.manifest is None else {**found, MANIFEST: self.manifest}

    @property
    def hashes(self) -> Mapping[str, str]:
        """sha256 of every file by path, lists and the manifest included."""
        found = {each.path: each.sha256 for each in self.lists.values()}
        found |= {file.path: file.sha256 for file in self.files}
        if self.manifest is None:
            return found
        return {**found, MANIFEST: hashlib.sha256(self.manifest.encode()).hexdigest()}


# --- the manifest --------------------------------------------------------------------------------


def _inside(pattern: str) -> str:
    path = PurePosixPath(pattern.removeprefix("!"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("a pattern below this folder, such as firm/*.policy")
    return pattern


def _word(name: str) -> str:
    if not re.fullmatch(r"[^\W\d][\w-]*", name):
        raise ValueError("one word")
    return name


def _distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("every layer once")
    return names


class _Attribute(BaseModel):
    """One declared attribute."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["number", "fraction", "money", "date", "text", "flag"]
    applies_to: list[str] = Field(default_factory=list)
    description: str = ""


_Attributes = dict[str, _Attribute]


class _Tables(BaseModel):
    """Declared attributes by table."""

    model_config = ConfigDict(extra="forbid", strict=True)

    securities: _Attributes = Field(default_factory=dict)
    accounts: _Attributes = Field(default_factory=dict)
    households: _Attributes = Field(default_factory=dict)
    lots: _Attributes = Field(default_factory=dict)
    tax_entities: _Attributes = Field(default_factory=dict)


class Manifest(BaseModel):
    """What `policyset.toml` may say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    layers: Annotated[
        list[Annotated[str, AfterValidator(_word)]],
        Field(min_length=1),
        AfterValidator(_distinct),
    ] = Field(default_factory=lambda: list(LAYERS))
    members: list[Annotated[str, AfterValidator(_inside)]] = Field(
        default_factory=lambda: ["**/*.policy"]
    )
    attributes: _Tables = Field(default_factory=_Tables)
    tests: TestSettings = Field(default_factory=TestSettings)


def _read_manifest(text: str) -> tuple[Manifest, list[Diagnostic]]:
    """The manifest, or an empty one with every mistake in it."""
    try:
        return Manifest.model_validate(tomllib.loads(text)), []
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (int(at[1]), int(at[2])) if at else (1, 1)
        cause = re.sub(r" \(at .*\)$", "", str(error))
        span = Span(MANIFEST, line, column, line, column + 1)
        return Manifest(), [
            codes.NO_MANIFEST_FORM.at(
                span,
                "this manifest is not TOML",
                label=cause[:1].lower() + cause[1:],
                help='entries look like `name = "house"`; lists like `layers = ["firm", "ipc"]`',
            )
        ]
    except ValidationError as error:
        return Manifest(), [_wrong_entry(text, each) for each in error.errors()]


_EXAMPLES = {
    "name": 'it reads like `name = "house"`',
    "layers": 'layers stand from the highest down: `layers = ["firm", "ipc", "household"]`',
    "members": 'members are patterns below this folder: `members = ["**/*.policy"]`',
    "attributes": 'an attribute reads like `[attributes.securities.esg_score]`, `type = "number"`',
}


def _wrong_entry(text: str, error: ErrorDetails) -> Diagnostic:
    where = tuple(str(part) for part in error["loc"])
    cause = str(error["msg"]).removeprefix("Value error, ")
    unknown = error["type"] == "extra_forbidden"
    known = ", ".join(Manifest.model_fields)
    return codes.BAD_MANIFEST.at(
        _entry(text, where),
        f"policyset.toml: `{'.'.join(where)}` is not right",
        label="no such entry" if unknown else cause[:1].lower() + cause[1:],
        help=f"known entries: {known}"
        if unknown and len(where) == 1
        else _EXAMPLES.get(where[0] if where else "", f"known entries: {known}"),
    )


def _entry(text: str, where: tuple[str, ...]) -> Span:
    """The line of the manifest that an entry most likely stands in."""
    for name in reversed(where):
        found = re.search(rf"(?m)^.*?(?<![\w.]){re.escape(name)}(?![\w.])", text)
        if found is not None:
            line = text.count("\n", 0, found.end()) + 1
            column = found.end() - len(name) - text.rfind("\n", 0, found.end())
            return Span(MANIFEST, line, column, line, column + len(name))
    return Span(MANIFEST, 1, 1, 1, 2)


def _declared(manifest: Manifest, text: str) -> Iterator[Declaration]:
    for table in type(manifest.attributes).model_fields:
        attributes: _Attributes = getattr(manifest.attributes, table)
        for name, entry in sorted(attributes.items()):
            attribute = Attribute(
                table,
                name,
                AttributeType(entry.type),
                frozenset(entry.applies_to),
                entry.description,
            )
            yield Declaration(attribute, _entry(text, (name,)))


# --- the files -----------------------------------------------------------------------------------


def load_policies(folder: Path) -> PolicySet:
    """Every file of the policy set in `folder`, parsed. Never raises for what the folder holds."""
    if not folder.is_dir():
        missing = codes.NO_FOLDER.at(
            Span(folder.as_posix(), 1, 1, 1, 2),
            f"there is no folder `{folder.as_posix()}`",
            help="name the folder of a policy set: `--policies DIR`",
        )
        return PolicySet(folder.name, LAYERS, (), (), (missing,))
    text, diagnostics = _manifest_text(folder)
    manifest = Manifest()
    if text is not None:
        manifest, mistakes = _read_manifest(text)
        diagnostics += mistakes
    files, mistakes = _load_files(folder, manifest)
    diagnostics += mistakes
    diagnostics += map(not_a_member, _strays(folder, manifest))
    if not files and not mistakes:
        diagnostics.append(
            codes.NO_POLICIES.at(
                Span(folder.as_posix(), 1, 1, 1, 2),
                "this folder holds no policy files",
                help="policy files end in `.policy`",
            )
        )
    return PolicySet(
        manifest.name or folder.resolve().name,
        tuple(manifest.layers),
        tuple(_declared(manifest, text or "")),
        files,
        tuple(diagnostics),
        text,
        load_lists(folder, (file.tree for file in files)),
        manifest.tests,
    )


def _manifest_text(folder: Path) -> tuple[str | None, list[Diagnostic]]:
    path = folder / MANIFEST
    if not path.exists():
        return None, []
    try:
        return path.read_bytes().decode(), []
    except (OSError, UnicodeDecodeError) as error:
        return None, [_unreadable(MANIFEST, error)]


def _unreadable(path: str, error: OSError | UnicodeDecodeError) -> Diagnostic:
    cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return codes.UNREADABLE.at(
        Span(path, 1, 1, 1, 2), f"`{path}` cannot be read", help=str(cause or "")
    )


def _load_files(
    folder: Path, manifest: Manifest
) -> tuple[tuple[LoadedFile, ...], list[Diagnostic]]:
    files: list[LoadedFile] = []
    diagnostics: list[Diagnostic] = []
    for path in _members(folder, manifest):
        shown = path.relative_to(folder).as_posix()
        try:
            data = path.read_bytes()
        except OSError as error:
            diagnostics.append(_unreadable(shown, error))
            continue
        tree, mistakes = parse_bytes(data, shown)
        text = data.decode("utf-8-sig", errors="replace")
        files.append(LoadedFile(shown, text, hashlib.sha256(data).hexdigest(), tree))
        diagnostics += mistakes
    return tuple(files), diagnostics


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    """The files a pattern names; one that ends in `**` names all that is below."""
    return folder.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)


def not_a_member(path: str) -> Diagnostic:
    """The warning that a file of the set's folder, by its path in it, is not read."""
    if path.endswith(".policy"):
        help_line = "`members` in policyset.toml leaves it out: take it in, or say so with `!`"
    else:
        help_line = "policy files end in `.policy`, and tests of policies in `.policytest`"
    return codes.NOT_A_MEMBER.at(
        Span(path, 1, 1, 1, 2),
        f"`{path}` is no part of the policy set: nobody reads it",
        help=help_line,
    )


def _strays(folder: Path, manifest: Manifest) -> list[str]:
    """Policy files that no member takes in or leaves out, and files with a name like
    `H1.policy.txt` or `H1.polcy`, by their path in the set."""
    nested = {path.parent for path in folder.rglob(MANIFEST)} - {folder}
    meant = {*_members(folder, manifest)}
    for pattern in manifest.members:
        meant |= set(_matching(folder, pattern[1:])) if pattern.startswith("!") else set()
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.*")
        if (path.suffix == ".policy" or _nearly_policy(path))
        and path.is_file()
        and path not in meant
        and nested.isdisjoint(path.parents)
    )


def _nearly_policy(path: Path) -> bool:
    """Whether the name says policy, and not as the set reads it."""
    endings = path.suffixes[:-1] if path.suffix == ".txt" else path.suffixes
    if path.suffix in (".policy", ".policytest") or not endings:
        return False
    return bool(get_close_matches(endings[-1].lower(), [".policy"], cutoff=0.7))


def _members(folder: Path, manifest: Manifest) -> list[Path]:
    """The set's files by path, without those of nested sets; a pattern behind `!` takes out."""
    nested = {path.parent for path in folder.rglob(MANIFEST)} - {folder}
    found: set[Path] = set()
    for pattern in manifest.members:
        meant = set(_matching(folder, pattern.removeprefix("!")))
        found = found - meant if pattern.startswith("!") else found | meant
    return sorted(
        (path for path in found if path.is_file() and nested.isdisjoint(path.parents)),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
