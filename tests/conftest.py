"""Fixtures that tests of several rooms share."""

from pathlib import Path

import pytest

_REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


@pytest.fixture(scope="session")
def real() -> Path:
    """Return the folder of real public files, which is no part of the project."""
    if not _REAL.is_dir():
        pytest.skip(f"the folder of real public files is not at {_REAL}")
    return _REAL
