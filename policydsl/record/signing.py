"""Signatures over the seal of a run: Ed25519, keys in PEM files as OpenSSL writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

SAID = "policydsl seal 1\n"
"""Goes before the seal in what is signed, so that a signature is for nothing else."""


@dataclass(frozen=True)
class Key:
    """A private key. It is read from a file of the user's and written nowhere."""

    _private: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key, 32 bytes in hex."""
        return self._private.public_key().public_bytes_raw().hex()

    def signed(self, seal: str) -> str:
        """The signature of a seal, 64 bytes in hex."""
        return self._private.sign(_message(seal)).hex()


def private_key(path: Path) -> Key:
    """The private key in a file; ValueError where it is none, or not Ed25519, or has a password."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except TypeError as error:
        raise ValueError(f"{path} has a password: give a key without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{path} is no private key in PEM form") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 key")  # noqa: TRY004
    return Key(key)


def public_key(path: Path) -> str:
    """The public key in a file, in hex; ValueError where it is none, or not Ed25519."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{path} is no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is no Ed25519 key")  # noqa: TRY004
    return key.public_bytes_raw().hex()


def signature_holds(public: str, seal: str, signature: str) -> bool:
    """Whether a signature of the seal is by the holder of a public key, both in hex."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), _message(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def _message(seal: str) -> bytes:
    return f"{SAID}{seal}\n".encode()
