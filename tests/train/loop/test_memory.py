"""Many epochs take no more memory than few."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

_ROOT = Path(__file__).resolve().parents[3]
_EPOCHS = 5
# Each epoch reads so much: what one leaves behind would be seen.
_TRACKS, _FRAMES = 300, 8192
_FIT = """
import sys
from pathlib import Path
from benchmarks.process import peak_bytes
from train import config
from train.fit import fit

peaks = []
chosen = config.load(None, sys.argv[3:])
fit(
    Path(sys.argv[1]),
    chosen,
    all_runs=Path(sys.argv[2]),
    say=lambda line: peaks.append((line, peak_bytes())),
)
print(*(peak for line, peak in peaks if line.startswith("epoch ")))
"""


@pytest.mark.slow
@pytest.mark.field_report("R09")
def test_memory_stays_flat_over_many_epochs(
    make_export: Callable[..., Path], mel_features: object, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    clips = {
        split: [
            (random.normal(-60, 5, (frames, 16)).astype(np.float16), [track % 3])
            for track in range(tracks)
        ]
        for split, tracks, frames in (
            ("train", _TRACKS, _FRAMES),
            ("validation", 12, 60),
        )
    }
    settings = (
        *("model.name=pons-logmel", "model.filters=2", "model.dense_units=8"),
        *("model.backend_filters=8", "input.window_seconds=1"),
        f"training.epochs={_EPOCHS}",
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", _FIT),
            *(make_export(tmp_path / "export", clips, mel_features), tmp_path),
            *settings,
        ],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    peaks = list(map(int, done.stdout.split()))
    assert len(peaks) == _EPOCHS
    assert peaks[-1] < 1.1 * peaks[1]
