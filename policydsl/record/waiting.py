"""Documents that wait for the end of their run: on disk, so that a run of many stays small."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where a document begins, and how long it is, in bytes."""

    at: int
    length: int


class Waiting:
    """A file without a name, which is gone with the process whatever ends it; to be closed, or used
    as a context. It lies in `folder`, or where the system keeps such files."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Waiting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def put(self, document: dict[str, Any]) -> Place:
        """Keep a document of plain JSON values."""
        content = json.dumps(document, separators=(",", ":")).encode()
        at = self._file.seek(0, os.SEEK_END)
        self._file.write(content)
        return Place(at, len(content))

    def read(self, place: Place) -> dict[str, Any]:
        """The document, with its keys in the order that they had."""
        self._file.seek(place.at)
        document: dict[str, Any] = json.loads(self._file.read(place.length))
        return document
