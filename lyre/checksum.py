"""The checksum by which Lyre knows a file again."""

import hashlib
from pathlib import Path


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal, read block by block."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
