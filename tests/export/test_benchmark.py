"""The benchmark of the export runs, and tells what it is for."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PROGRAM = """
import sys
from pathlib import Path
from benchmarks import export
from benchmarks.clips import whole_clips
clips = whole_clips(10, Path(sys.argv[1]))
export._one_core(clips, 1, ["bare", "lyre", "librosa"])
export._workers(clips, 1, 1)
export._relabel(2000)
"""


@pytest.mark.slow
def test_benchmark_compares_the_ways(tmp_path: Path) -> None:
    # Without the way of 2019, for which pip would get packages.
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout.splitlines()
    assert told[0] == "10 clips, one core"
    assert [line.split()[0] for line in told[2:5]] == ["bare", "lyre", "librosa"]
    assert told[5].startswith("bare: decode ")
    assert "2 workers" in told[6]
    assert told[7].startswith("relabel of 2,000 tracks")
