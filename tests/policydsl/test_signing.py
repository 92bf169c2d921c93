"""Who signs a run can be told from who only sealed it again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policydsl.record.digests import resealed
from policydsl.record.signing import SAID, private_key
from tests.policydsl.runs import key_pair, policydsl, write_rows
from tests.policydsl.runs import rows as rows_of


@pytest.fixture
def copied(tmp_path: Path, signed_run: Path) -> Path:
    return Path(shutil.copytree(signed_run, tmp_path / "run"))


def found(run: Path, *words: str | Path) -> dict[str, object]:
    result = policydsl("verify", run, *words, "--format", "json")
    document: dict[str, object] = json.loads(result.stdout)
    assert result.exit_code == (1 if document["differences"] else 0)
    return document


def what(document: dict[str, object]) -> list[str]:
    differences = document["differences"]
    assert isinstance(differences, list)
    return [each["what"] for each in differences]


def test_a_signed_run_is_proved_with_the_key_of_who_signed_it(
    signed_run: Path, keys: tuple[Path, Path]
) -> None:
    document = found(signed_run, "--key", keys[1])
    assert document["differences"] == []
    assert document["signed_with"] == private_key(keys[0]).public
    assert document["key_given"] is True
    shown = policydsl("verify", signed_run, "--key", keys[1]).stdout
    assert "held against" in shown


def test_without_a_key_a_signature_is_said_to_be_worth_nothing(signed_run: Path) -> None:
    result = policydsl("verify", signed_run)
    assert result.exit_code == 0
    assert "held against no other" in result.stdout
    assert "--key" in result.stdout


def test_who_alters_a_run_and_seals_it_again_has_no_signature(
    copied: Path, keys: tuple[Path, Path]
) -> None:
    document = json.loads((copied / "proposals" / "H00001.json").read_bytes())
    document["gap"]["dollars"] += 0.01
    (copied / "proposals" / "H00001.json").write_text(json.dumps(document), "utf-8")
    resealed(copied)
    assert "is not signed" in what(found(copied, "--key", keys[1]))


def test_nor_does_the_old_signature_fit_the_new_seal(copied: Path, keys: tuple[Path, Path]) -> None:
    signature = json.loads((copied / "seal.json").read_bytes())["signature"]
    write_rows(copied / "trades.csv", rows_of(copied / "trades.csv")[:-1])
    resealed(copied)
    seal = json.loads((copied / "seal.json").read_bytes()) | {"signature": signature}
    text = json.dumps(seal, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (copied / "seal.json").write_text(text, "utf-8")
    for more in ((), ("--key", keys[1])):
        assert "its signature is not that of its seal" in what(found(copied, *more))


def test_nor_does_a_key_of_ones_own_help(
    copied: Path, tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    mine, theirs = key_pair(tmp_path, "forger")
    resealed(copied, private_key(mine))
    assert found(copied, "--key", theirs)["differences"] == []
    assert what(found(copied, "--key", keys[1])) == [
        "is signed with another key than the one given"
    ]


def test_a_run_that_is_not_signed_fails_where_a_key_is_asked_for(
    pair_run: Path, keys: tuple[Path, Path]
) -> None:
    assert what(found(pair_run, "--key", keys[1])) == ["is not signed"]
    assert "not signed" in policydsl("verify", pair_run).stdout


def test_a_run_is_the_same_signed_or_not(pair_run: Path, signed_run: Path) -> None:
    assert found(pair_run)["content"] == found(signed_run)["content"]


def test_the_private_key_is_nowhere_in_the_run(signed_run: Path, keys: tuple[Path, Path]) -> None:
    secret = "".join(keys[0].read_text().splitlines()[1:-1])
    raw = private_key(keys[0])._private.private_bytes_raw()
    for path in signed_run.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret.encode() not in content
            assert raw not in content
            assert raw.hex().encode() not in content


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
def test_openssl_makes_a_key_and_checks_a_signature(tmp_path: Path, copied: Path) -> None:
    """What the page says, word for word."""

    def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
        said = ["openssl", *map(str, words)]
        return subprocess.run(said, capture_output=True, text=True, check=False)

    key, public = tmp_path / "firm.pem", tmp_path / "firm.pub"
    assert openssl("genpkey", "-algorithm", "ed25519", "-out", key).returncode == 0
    assert openssl("pkey", "-in", key, "-pubout", "-out", public).returncode == 0
    resealed(copied, private_key(key))
    assert found(copied, "--key", public)["differences"] == []
    seal = json.loads((copied / "seal.json").read_bytes())
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_text(f"{SAID}{seal['seal']}\n")
    signature.write_bytes(bytes.fromhex(seal["signature"]["value"]))
    words = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", message)
    assert openssl(*words, "-sigfile", signature).returncode == 0
    message.write_text(f"{SAID}{'0' * 64}\n")
    assert openssl(*words, "-sigfile", signature).returncode != 0


def test_what_is_no_key_is_wrong_usage(
    tmp_path: Path, pair_run: Path, small_book: Path, keys: tuple[Path, Path]
) -> None:
    other = key_pair(tmp_path, "other", ec.generate_private_key(ec.SECP256R1()))
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
    )
    for key, said in (
        (keys[1], "is no private key"),
        (other[0], "is no Ed25519 key"),
        (locked, "has a password"),
    ):
        words = ("rebalance", "--book", small_book, "-o", tmp_path / "run", "--sign", key)
        result = policydsl(*words)
        assert result.exit_code == 2
        assert said in re.sub(r"\s+", " ", result.stderr)
        assert not (tmp_path / "run").exists()
    for key, said in ((keys[0], "is no public key"), (other[1], "is no Ed25519 key")):
        result = policydsl("verify", pair_run, "--key", key)
        assert result.exit_code == 2
        assert said in re.sub(r"\s+", " ", result.stderr)
