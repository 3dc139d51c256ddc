"""Many exports in one process take no more memory than few."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.export.conftest import SPLITS, TAGS, row

_ROOT = Path(__file__).resolve().parents[2]
_ROUNDS = (10, 40)
_EXPORT = """
import sys
from pathlib import Path
from benchmarks.process import peak_bytes
from export import clips, stage
from export.production import Options
from export.recipe import Recipe

warehouse, folder, audio = map(Path, sys.argv[1:4])
features, options = clips.features("logmel", "urop2019"), Options(replace=True)
for rounds in map(int, sys.argv[4:]):
    for _ in range(rounds):
        made = stage.prepare(
            warehouse, folder, Recipe("v2"), features, options=options
        )
        stage.run(made, folder, audio, options)
    print(peak_bytes())
"""


@pytest.mark.slow
@pytest.mark.field_report("R09")
def test_memory_stays_flat_over_many_exports(make_warehouse, tmp_path):
    kinds = ("mp3", "flac", "ogg", "wav")
    chosen = [*range(12), *range(32, 40)]  # 12 for training, 4 for each other split
    rows = [
        row(number, SPLITS[number], [TAGS[number % 2]], f"{number}.{kinds[number % 4]}")
        for number in chosen
    ]
    clips = tmp_path / "clips"
    clips.mkdir()
    for number in chosen:
        noise = np.random.default_rng(number).uniform(-0.5, 0.5, (2 * 22_050, 2))
        soundfile.write(clips / f"{number}.{kinds[number % 4]}", noise, 22_050)
    done = subprocess.run(
        [
            *(sys.executable, "-c", _EXPORT),
            *(make_warehouse(rows), tmp_path / "export", clips, *map(str, _ROUNDS)),
        ],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    first, last = map(int, done.stdout.split())
    assert last < 1.1 * first
