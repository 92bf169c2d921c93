"""What a command said about policy sets, kept for as long as nothing it was made from has changed.

An answer is kept under a hash of every file of the sets' folders, of the program itself and of what
was asked, so that an old one is never given. Answers lie in the user's own cache folder as JSON:
text to be printed, never code. What others could have written there, and what cannot be read, is
passed over; so are folders too large to be hashed in a moment.

`POLICYDSL_CACHE` names another folder; empty, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

MOST_BYTES = 50_000_000
MOST_FILES = 20_000
"""Of folders that hold more, nothing is remembered."""

_ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = ("grammar", "portfolio", "compiler", "policydsl")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command prints, and the code it ends with."""

    text: str
    exit_code: int


class _TooMuchError(Exception):
    """The folder is not to be hashed."""


def remembered(paths: Sequence[Path], how: Sequence[object], find: Callable[[], Answer]) -> Answer:
    """The answer that `find` gives about the sets in some folders; not asked where it is known.

    `how` is what else the answer depends on.
    """
    place = _place(paths, how)
    before = None if place is None else _state(paths, how)
    if place is None or before is None:
        return find()
    known = _recall(place, before)
    if known is not None:
        return known
    found = find()
    if _state(paths, how) == before:
        _keep(place, before, found)
    return found


# --- what an answer is made from -----------------------------------------------------------------


def _state(paths: Sequence[Path], how: Sequence[object]) -> str | None:
    """A hash of everything the answer depends on; None where that is not to be hashed."""
    whole = hashlib.sha256(json.dumps([_program(), *map(str, how)]).encode())
    try:
        left = MOST_BYTES
        for path in paths:
            whole.update(f"\0{path}\0{path.resolve()}".encode(errors="surrogateescape"))
            for name, data in _contents(path):
                left -= len(data)
                if left < 0:
                    return None
                inner = hashlib.sha256(data).hexdigest()
                whole.update(f"\0{name}\0{inner}".encode(errors="surrogateescape"))
    except (OSError, _TooMuchError):
        return None
    return whole.hexdigest()


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, by its path there. Raises _TooMuchError, OSError."""
    count = 0
    for above, folders, names in os.walk(folder, onerror=_give_up):
        folders.sort()
        for name in sorted(names):
            count += 1
            file = Path(above, name)
            found = file.stat()
            if count > MOST_FILES or found.st_size > MOST_BYTES or not stat.S_ISREG(found.st_mode):
                raise _TooMuchError
            yield str(file.relative_to(folder)), file.read_bytes()
        if any(Path(above, name).is_symlink() for name in folders):
            raise _TooMuchError


def _give_up(error: OSError) -> None:
    raise error


def _program() -> str:
    """A hash of the program's own text and of the versions of what it stands on."""
    under = [platform.python_version(), *map(version, ("lark", "pydantic"))]
    whole = hashlib.sha256(json.dumps(under).encode())
    for package in _PROGRAM:
        for above, folders, names in os.walk(_ROOT / package):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".py", ".lark")):
                    whole.update(f"\0{above}\0{name}\0".encode())
                    whole.update(Path(above, name).read_bytes())
    return whole.hexdigest()


# --- where answers are kept ----------------------------------------------------------------------


def _place(paths: Sequence[Path], how: Sequence[object]) -> Path | None:
    """The file of an answer: one for each question, so that what is kept does not pile up."""
    folder = _folder()
    if folder is None or not all(path.is_dir() for path in paths):
        return None
    asked = json.dumps([[str(path.resolve()) for path in paths], *map(str, how)])
    return folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"


def _folder() -> Path | None:
    named = os.environ.get("POLICYDSL_CACHE")
    if named is not None:
        return Path(named) if named else None
    above = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with suppress(RuntimeError):
        return (Path(above) if above else Path.home() / ".cache") / "policydsl"
    return None


def _recall(place: Path, state: str) -> Answer | None:
    try:
        if not (_own(place.parent) and _own(place)):
            return None
        kept = json.loads(place.read_text(encoding="utf-8"))
        if kept["state"] != state:
            return None
        text, code = kept["text"], kept["exit_code"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sound = isinstance(text, str) and isinstance(code, int)
    return Answer(text, code) if sound else None


def _own(place: Path) -> bool:
    """Whether nobody else can write there."""
    if not hasattr(os, "getuid"):
        return True
    found = place.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return found.st_uid == os.getuid() and not found.st_mode & others and not place.is_symlink()


def _keep(place: Path, state: str, answer: Answer) -> None:
    """Write an answer, whole or not at all; one that cannot be written is not kept."""
    document = {"state": state, "text": answer.text, "exit_code": answer.exit_code}
    with suppress(OSError, UnicodeEncodeError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _own(place.parent):
            return
        with tempfile.NamedTemporaryFile(
            "w", dir=place.parent, suffix=".new", encoding="utf-8", delete=False
        ) as file:
            json.dump(document, file)
        Path(file.name).replace(place)
