"""Every reader, on damaged copies of real files, reads or refuses in one sentence.

The number of cases a reader is FUZZ_CASES, and no case begins after FUZZ_SECONDS.
Files that made a fault are kept in the folder FUZZ_KEEP. Any case can be made again:
`python -m fuzz READER --only NUMBER --keep FOLDER`.
"""

import os
from pathlib import Path

import pytest

from fuzz.harness import fuzz
from fuzz.readers import READERS

_CASES = int(os.environ.get("FUZZ_CASES", "10_000"))
_SECONDS = float(os.environ.get("FUZZ_SECONDS", "180"))
_KEEP = os.environ.get("FUZZ_KEEP")


def _check(name: str, cases: int, seconds: float) -> None:
    keep = Path(_KEEP) if _KEEP else None
    report = fuzz(name, numbers=range(cases), seconds=seconds, keep=keep)
    if report is None:
        pytest.skip("there are no seeds of this reader here")
    print(report.line())
    told = [f"case {fault.number}: {fault.told}" for fault in report.faults]
    assert not told, "\n".join([report.line(), *told[:20]])
    assert report.cases > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(name: str) -> None:
    _check(name, _CASES, _SECONDS)


@pytest.mark.parametrize("name", ["lastfm-json", "lyre-toml", "tfrecord"])
def test_some_damaged_files_are_read_or_refused(name: str) -> None:
    _check(name, 50, 60.0)
