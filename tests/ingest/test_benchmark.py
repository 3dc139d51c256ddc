import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_benchmark_runs_both_ways(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.ingest", "--songs", "500"]
    ended = subprocess.run(
        [*command, "--folder", str(tmp_path)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    header, lyre, in_2019, ratio = ended.stdout.splitlines()
    assert "peak MiB" in header
    assert lyre.split()[:2] == ["500", "lyre"]
    assert in_2019.split()[:2] == ["500", "2019"]
    assert "2019 takes " in ratio
