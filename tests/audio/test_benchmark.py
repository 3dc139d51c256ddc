"""The benchmark of the scan runs with the few clips of `make bench`."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_few_clips_are_enough(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.audio", "--clips", "10"]
    ended = subprocess.run(
        [*command, "--rounds", "1", "--folder", str(tmp_path)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout
    for kind in ("mono, 22.05 kHz", "stereo, 44.1 kHz"):
        assert f"10 clips of 30 s, {kind}" in told
    assert told.count("pool: 1 worker") == 2
