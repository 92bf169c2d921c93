"""Where policies stand in git, as far as git knows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

SECONDS = 20
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotepath=false")
"""Nothing that a repository configures is started by asking it."""


def policies_at(folder: Path, names: Collection[str]) -> dict[str, object] | None:
    """The commit of the work tree that a policy folder lies in, and which of its files (`names`, or
    gone since) are not as committed; None where there is no commit, or no git."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    changed = _listed(_git(folder, "diff", "--name-only", "--relative", "-z", "HEAD", "--", "."))
    untracked = _listed(_git(folder, "ls-files", "--others", "-z", "--", "."))
    gone = {name for name in changed if not (folder / name).exists()}
    dirty = ((changed | untracked) & set(names)) | {n for n in gone if n.endswith(".policy")}
    return {"commit": commit.strip(), "dirty": sorted(dirty)}


def _listed(answer: str | None) -> set[str]:
    return {name for name in (answer or "").split("\0") if name}


def _git(folder: Path, *words: str) -> str | None:
    """What git answers, None where it fails."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(name, None)
    try:
        done = subprocess.run(
            ["git", *QUIET, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
