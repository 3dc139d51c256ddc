"""A small sample without audio, shared by the tests of this room."""

import csv
from pathlib import Path

import pytest

from sample.write import Request, write_sample


@pytest.fixture(scope="session")
def silent_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sample of 300 songs without audio."""
    out = tmp_path_factory.mktemp("sample") / "sources"
    write_sample(Request(300, 5, audio=False), out)
    return out


@pytest.fixture(scope="session")
def silent_truth(silent_sample: Path) -> dict[str, list[dict[str, str]]]:
    """Return the ground truth of `silent_sample`, a list of rows per file."""
    truth = {}
    for path in (silent_sample / "ground_truth").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            truth[path.stem] = list(csv.DictReader(file))
    return truth
