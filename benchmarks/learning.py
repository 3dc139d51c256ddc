"""What each model learns from 2,000 sample tracks, beside a logistic regression.

    python -m benchmarks.learning

Sample songs are written, cleaned and exported as log-mel spectrograms and as waveforms
(kept under ``--folder`` and the number of songs, as is all that follows, so that a run
that was stopped goes on). Splits are by artist. Then each row of `ROWS` trains for the
same number of epochs with ``python -m train fit`` and is measured with ``python -m
train evaluate`` on the test split: 16 windows a track, macro averages, 95 per cent
intervals over artists. The table is printed, and kept as ``results/table.md`` and
``results/table.json``. To share the work, start it twice with different ``--rows``;
rows without a result are left out.

mfcc
    scikit-learn's logistic regression, one a tag, on the mean and deviation over the
    clip of librosa's 20 MFCC and of their first and second differences. Its strength
    of regularisation is chosen on the validation split.
2019
    ``pons-logmel`` as the 2019 project trained it: windows of 15 s, batches of 64,
    16 filters.
default
    ``python -m train fit`` as it is, but for the epochs: a small
    music-tagging-transformer.
longer
    The same for twice as many epochs.

The other rows have the default's schedule and windows. Sizes that a row names are
smaller than published, so that a processor can train it.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import installation
from benchmarks.installation import lyre
from benchmarks.mfcc import learn as learn_mfcc
from dataset import manifest

_FOLDER = Path("data/benchmarks/learning")
_DBT = (
    "{tag_target_min_count: 20, tag_pool_min_count: 2, vocabulary_size: 30, "
    "min_positives_per_split: 3}"
)
_EXPORTS = {
    "urop2019": ("--preset", "urop2019"),
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
    epochs : int, optional
        Of this row; those of all by default.
    """

    name: str
    export: str
    settings: tuple[str, ...] = ()
    epochs: int | None = None


# Sizes that train eight epochs in some two to four and a half minutes of one core.
ROWS = (
    Row("default", "urop2019"),
    Row("longer", "urop2019", epochs=16),
    Row(
        "2019",
        "urop2019",
        (
            "model.name=pons-logmel",
            "init.output_bias=zero",
            "input.window_seconds=15",
            "training.batch_size=64",
            "schedule.name=constant",
            "optimizer.learning_rate=0.001",
        ),
    ),
    Row(
        "pons-logmel",
        "urop2019",
        (
            "model.name=pons-logmel",
            "model.filters=4",
            "model.backend_filters=64",
            "model.dense_units=100",
        ),
    ),
    Row(
        "pons-waveform",
        "waveform",
        (
            "model.name=pons-waveform",
            "model.filters=16",
            "model.backend_filters=64",
            "model.dense_units=100",
        ),
    ),
    Row(
        "musicnn",
        "urop2019",
        ("model.name=musicnn", "model.timbral_filters=8", "model.temporal_filters=4"),
    ),
    Row("vgg", "urop2019", ("model.name=vgg", "model.filters=24")),
    Row(
        "short-chunk-resnet",
        "urop2019",
        ("model.name=short-chunk-resnet", "model.filters=32"),
    ),
)


def write_exports(folder: Path, songs: int) -> None:
    """Write the sample and its exports, unless they are there."""
    exports = [folder / "exports" / name for name in _EXPORTS]
    if all((each / manifest.FILE_NAME).exists() for each in exports):
        return
    installation.prepare(folder, songs, _DBT)
    for each, options in zip(exports, _EXPORTS.values(), strict=True):
        lyre(folder, "export", "tfrecord", "--out", str(each), *options)


def train(folder: Path, row: Row, epochs: int) -> dict[str, Any]:
    """Train and measure a row; return its figures, from its file if it has one."""
    epochs = row.epochs or epochs
    name = f"{row.name}-{epochs}"
    results = folder / "results" / f"{name}.json"
    if results.exists():
        return _read(results)
    if not (folder / "runs" / name / "state.npz").exists():
        export = str(folder / "exports" / row.export)
        settings = [f"training.epochs={epochs}", *row.settings]
        options = [word for setting in settings for word in ("--set", setting)]
        lyre(folder, "train", "fit", export, "--name", name, "--replace", *options)
    elif _epochs_done(folder / "runs" / name) < epochs:
        lyre(folder, "train", "fit", "--resume", name)
    lyre(folder, "train", "evaluate", name)
    found = _read(folder / "runs" / name / "metrics.json") | {"epochs": epochs}
    _write(results, found)
    return found


def _epochs_done(run: Path) -> int:
    return len(json.loads((run / "history.json").read_text(encoding="utf-8")))


def baseline(folder: Path) -> dict[str, Any]:
    """Fit and measure the regression; return its figures, from its file if there."""
    results = folder / "results" / "mfcc.json"
    if not results.exists():
        _write(results, learn_mfcc(folder / "exports" / "waveform"))
    return _read(results)


def _read(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _write(file: Path, found: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    manifest.write_whole(file, json.dumps(found).encode())


def _cell(found: dict[str, Any], figure: str) -> str:
    told = f"{found[figure]:.3f}"
    if found["intervals"] is None:  # One artist alone.
        return told
    bounds = found["intervals"][figure]
    return f"{told} ({bounds['low']:.3f} to {bounds['high']:.3f})"


def _table(found: dict[str, dict[str, Any]]) -> str:
    lines = ["| row | epochs | ROC-AUC | PR-AUC |", "|---|---:|---:|---:|"]
    for name, each in found.items():
        cells = [_cell(each, "roc_auc"), _cell(each, "pr_auc")]
        epochs = str(each.get("epochs", ""))
        lines.append(f"| {' | '.join([name, epochs, *cells])} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--songs", type=int, default=2000, help="size of the sample")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", nargs="*", choices=names, default=names)
    parser.add_argument("--folder", type=Path, default=_FOLDER)
    chosen = parser.parse_args(arguments)
    folder = (chosen.folder / f"{chosen.songs}-songs").absolute()
    write_exports(folder, chosen.songs)
    found = {"mfcc": baseline(folder)}
    for row in ROWS:
        done = folder / "results" / f"{row.name}-{row.epochs or chosen.epochs}.json"
        if row.name in chosen.rows or done.exists():
            found[row.name] = train(folder, row, chosen.epochs)
    table = _table(found)
    _write(folder / "results" / "table.json", found)
    manifest.write_whole(folder / "results" / "table.md", f"{table}\n".encode())
    print(table)


if __name__ == "__main__":
    main()
