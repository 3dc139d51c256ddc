"""What each model learns from 2,000 sample tracks, beside a logistic regression.

    python -m benchmarks.learning

Sample songs are written, cleaned and exported in the four forms that the models read
(kept under ``--folder``, as is all that follows, so that a run that was stopped goes
on). Splits are by artist. Then each row of `ROWS` trains for the same number of epochs
with ``python -m train fit`` and is measured with ``python -m train evaluate`` on the
test split: 16 windows a track, macro averages, 95 per cent intervals over artists.

mfcc
    scikit-learn's logistic regression, one a tag, on the mean and deviation over the
    clip of librosa's 20 MFCC and of their first and second differences. Its strength
    of regularisation is chosen on the validation split.
2019
    ``pons-logmel`` as the 2019 project trained it.
default
    ``python -m train fit`` as it is, but for the epochs.

Sizes that a row names are smaller than published, so that a processor can train it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mfcc import learn as learn_mfcc
from dataset import manifest

_FOLDER = Path("data/benchmarks/learning")
# Counts of a sample are small; see the demo in the Makefile.
_DBT = (
    "{tag_target_min_count: 20, tag_pool_min_count: 2, vocabulary_size: 30, "
    "min_positives_per_split: 3}"
)
_EXPORTS = {
    "urop2019": ("--preset", "urop2019"),
    "musicnn": ("--preset", "musicnn"),
    "short-chunk": ("--preset", "short-chunk"),
    "waveform": ("--format", "waveform"),
}


@dataclass(frozen=True)
class Row:
    """A model to train.

    Parameters
    ----------
    name : str
        Of the row and of its run.
    export : str
        Which of the exports it reads.
    settings : tuple of str
        What differs from the default configuration.
    """

    name: str
    export: str
    settings: tuple[str, ...] = ()


ROWS = (
    Row("default", "urop2019"),
    Row(
        "2019",
        "urop2019",
        (
            "model.name=pons-logmel",
            "input.window_seconds=15",
            "training.batch_size=64",
            "schedule.name=constant",
            "optimizer.learning_rate=0.001",
        ),
    ),
    Row("pons-logmel", "urop2019", ("model.name=pons-logmel",)),
    Row(
        "pons-waveform",
        "waveform",
        ("model.name=pons-waveform", "input.window_seconds=4"),
    ),
    Row(
        "musicnn",
        "musicnn",
        (
            "model.name=musicnn",
            "input.window_seconds=3",
            "model.timbral_filters=68",
            "model.temporal_filters=17",
        ),
    ),
    Row("vgg", "musicnn", ("model.name=vgg", "input.window_seconds=3")),
    Row(
        "short-chunk-resnet",
        "short-chunk",
        (
            "model.name=short-chunk-resnet",
            "input.window_seconds=3.7",
            "model.filters=64",
        ),
    ),
    Row(
        "music-tagging-transformer",
        "short-chunk",
        (
            "model.name=music-tagging-transformer",
            "input.window_seconds=3.7",
            "model.filters=32",
            "model.attention_units=128",
        ),
    ),
)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "LYRE_CONFIG": str(folder / "lyre.toml")}


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, check=True, env=_environment(folder))


def prepare(folder: Path, songs: int) -> None:
    """Write the sample and its exports; each command goes on where it was stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lyre.toml").write_text('data_dir = "."\n', encoding="utf-8")
    python = (sys.executable, "-m")
    dbt = str(Path(sys.executable).with_name("dbt"))
    exports = [folder / "exports" / name for name in _EXPORTS]
    if all((export / manifest.FILE_NAME).exists() for export in exports):
        return
    sources = str(folder / "sources")
    _run(folder, *python, "sample", "--tracks", str(songs), "--out", sources)
    _run(folder, *python, "ingest", "all")
    _run(folder, dbt, "--quiet", "build", "--vars", _DBT)
    for export, options in zip(exports, _EXPORTS.values(), strict=True):
        _run(folder, *python, "export", "tfrecord", "--out", str(export), *options)


def train(folder: Path, row: Row, epochs: int) -> dict[str, Any]:
    """Train and measure a row; return its figures, from its file if it has one."""
    results = folder / "results" / f"{row.name}-{epochs}.json"
    if results.exists():
        return dict(json.loads(results.read_text(encoding="utf-8")))
    name = f"{row.name}-{epochs}"
    python = (sys.executable, "-m", "train")
    settings = [f"training.epochs={epochs}", *row.settings]
    options = [word for setting in settings for word in ("--set", setting)]
    begun = time.monotonic()
    if (folder / "runs" / name / "state.npz").exists():
        _run(folder, *python, "fit", "--resume", name)
    else:
        export = str(folder / "exports" / row.export)
        _run(folder, *python, "fit", export, "--name", name, "--replace", *options)
    seconds = time.monotonic() - begun
    _run(folder, *python, "evaluate", name)
    measured = folder / "runs" / name / "metrics.json"
    found = {
        "seconds": seconds,
        **json.loads(measured.read_text(encoding="utf-8")),
    }
    results.parent.mkdir(exist_ok=True)
    manifest.write_whole(results, json.dumps(found).encode())
    return found


def baseline(folder: Path) -> dict[str, Any]:
    """Fit and measure the regression; return its figures, from its file if there."""
    results = folder / "results" / "mfcc.json"
    if results.exists():
        return dict(json.loads(results.read_text(encoding="utf-8")))
    begun = time.monotonic()
    found = learn_mfcc(folder / "exports" / "waveform")
    found["seconds"] = time.monotonic() - begun
    results.parent.mkdir(exist_ok=True)
    manifest.write_whole(results, json.dumps(found).encode())
    return found


def _cell(found: dict[str, Any], figure: str) -> str:
    bounds = found["intervals"][figure]
    return f"{found[figure]:.3f} ({bounds['low']:.3f} to {bounds['high']:.3f})"


def _table(found: dict[str, dict[str, Any]]) -> str:
    lines = ["| row | ROC-AUC | PR-AUC | minutes |", "|---|---:|---:|---:|"]
    for name, each in found.items():
        cells = [_cell(each, "roc_auc"), _cell(each, "pr_auc")]
        minutes = f"{each['seconds'] / 60:.1f}"
        lines.append(f"| {' | '.join([name, *cells, minutes])} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--songs", type=int, default=2000, help="size of the sample")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rows", nargs="+", choices=names, default=names)
    parser.add_argument("--folder", type=Path, default=_FOLDER)
    chosen = parser.parse_args(arguments)
    folder = chosen.folder.absolute()
    prepare(folder, chosen.songs)
    found = {"mfcc": baseline(folder)}
    for row in ROWS:
        if row.name in chosen.rows:
            found[row.name] = train(folder, row, chosen.epochs)
    print(_table(found))


if __name__ == "__main__":
    main()
