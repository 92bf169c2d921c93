"""Where figures come from, and where they go: a document, a table and a picture."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("policydsl", "highspy", "highspy-extras", "clarabel", "pyomo", "numpy", "scipy")


def surroundings(packages: Sequence[str] = ()) -> dict[str, Any]:
    """Versions and machine. `busy` is how many processes wanted a core in the minute before."""
    return {
        "machine": _processor(),
        "cores": os.cpu_count(),
        "busy": round(os.getloadavg()[0], 2),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in (*PACKAGES, *packages)},
    }


def surroundings_line(found: Mapping[str, Any]) -> str:
    """The same for people."""
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items() if number)
    return (
        f"{found['machine']}, {found['cores']} cores, {found['busy']} busy at the start; "
        f"Python {found['python']}, {versions}\n"
    )


def results_argument(parser: argparse.ArgumentParser) -> None:
    """`--results`, for what can be published."""
    about = "document, table and picture (bench/results)"
    parser.add_argument(
        "--results", type=Path, nargs="?", const=RESULTS, metavar="FOLDER", help=about
    )


def publish(
    given: argparse.Namespace, name: str, document: Mapping[str, Any], text: str, picture: str
) -> None:
    """The text on stdout; the document where `--json` asks for it, all where `--results` does."""
    print(text, end="")
    write_json(given.json, document)
    if given.results is not None:
        write_results(given.results, name, document, text, picture)


def write_json(file: Path | None, figures: object) -> None:
    """Figures for programs, where a file was asked for."""
    if file is not None:
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def write_results(
    folder: Path, name: str, document: Mapping[str, Any], text: str, picture: str
) -> None:
    """NAME.json, NAME.txt and NAME.svg in the folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{name}.json", document)
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def _processor() -> str:
    """Its name as the system gives it; the architecture where it gives none."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
