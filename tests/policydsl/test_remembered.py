"""What `check` remembers never changes what it says, and is never trusted blindly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policydsl import checking
from tests.policydsl.runs import policydsl

CASES = Path(__file__).parents[1] / "compiler" / "cases"
SETS = sorted(path / "policies" for path in CASES.iterdir() if (path / "policies").is_dir())[::6]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLICYDSL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    rule = 'rule i.x "X"\n    never buy restricted\n'
    text = f'layer ipc\ndefine restricted from "restricted.csv"\n{rule}'
    (folder / "a.policy").write_text(text)
    (folder / "restricted.csv").write_text("ticker\nABC\n")
    return folder


def said(*words: str | Path) -> tuple[int, str, str]:
    result = policydsl("check", *words)
    return result.exit_code, result.stdout, result.stderr


def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks the compiler now gets an error."""
    monkeypatch.setattr(checking, "load_policies", lambda folder: 1 / 0)


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
@pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)
def test_an_answer_is_the_same_bytes(
    path: Path, form: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = said(path, "--format", form, "--no-cache")
    assert not cache.exists()
    assert said(path, "--format", form) == plain
    deaf(monkeypatch)
    assert said(path, "--format", form) == plain
    assert said(path, "--format", form, "--no-cache")[0] == 3


def test_strict_is_a_question_of_its_own(cache: Path) -> None:
    path = CASES / "W0219_unused_file" / "policies"
    assert [said(path)[0], said(path, "--strict")[0], said(path)[0]] == [0, 1, 0]
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.policy", "layer ipc\n"),
        ("restricted.csv", "tickr\nABC\n"),
        ("b.policy", "layer nowhere\n"),
        ("below/policyset.toml", 'name = "another"\n'),
        ("policyset.toml", 'name = "named"\n'),
    ],
)
def test_any_change_is_seen(name: str, text: str, folder: Path, cache: Path) -> None:
    before = said(folder, "--format", "json")
    changed = folder / name
    changed.parent.mkdir(exist_ok=True)
    changed.write_text(text)
    after = said(folder, "--format", "json")
    assert after == said(folder, "--format", "json", "--no-cache")
    assert after != before or name.startswith("below/")
    assert len(list(cache.iterdir())) == 1, "an answer takes the place of the one before it"


def test_a_file_that_goes_is_seen(folder: Path, cache: Path) -> None:
    before = said(folder)
    (folder / "restricted.csv").unlink()
    assert said(folder) != before
    assert said(folder) == said(folder, "--no-cache")


def test_what_changes_while_it_is_read_is_not_kept(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checking.load_policies

    def slow(path: Path) -> object:
        found = whole(path)
        (folder / "b.policy").write_text("layer nowhere\n")
        return found

    monkeypatch.setattr(checking, "load_policies", slow)
    said(folder)
    assert not cache.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_text("{"),
        lambda file: file.write_text("[]"),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"text": 3})),
        lambda file: file.write_text(json.dumps(json.loads(file.read_text()) | {"state": "x"})),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.write_text(lie(file)), file.chmod(0o666)),
        lambda file: (file.write_text(lie(file)), file.parent.chmod(0o777)),
    ],
)
def test_what_is_damaged_or_may_be_a_stranger_s_is_passed_over(
    damage, folder: Path, cache: Path
) -> None:
    plain = said(folder)
    (kept,) = cache.iterdir()
    damage(kept)
    assert said(folder) == plain


def lie(file: Path) -> str:
    return json.dumps(json.loads(file.read_text()) | {"text": "all is well\n"})


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POLICYDSL_CACHE", str(tmp_path / "file" / "cache"))
    assert said(folder)[0] == 0


def test_folders_too_large_and_folders_of_links_are_not_remembered(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").symlink_to(folder.parent)
    assert said(folder)[0] == 0
    (folder / "elsewhere").unlink()
    monkeypatch.setattr("policydsl.remembered.MOST_BYTES", 20)
    assert said(folder)[0] == 0
    assert not cache.exists()


def test_what_is_no_file_is_not_waited_for(folder: Path, cache: Path) -> None:
    """Reading a named pipe would last until somebody writes to it."""
    os.mkfifo(folder / "pipe")
    assert said(folder)[0] == 0
    assert not cache.exists()
