"""Learning from 200 tracks: from scratch, and from the published musicnn weights.

    make pretrained
    python -m benchmarks.transfer --epochs 2

Sample songs are written, cleaned and exported with the ``musicnn`` preset (kept under
``--folder`` and the number of songs). Then a ``musicnn`` learns from 200 training
tracks in four ways, with the same seed, windows and order:

scratch
    Fresh weights.
frozen
    ``--init musicnn-msd`` with ``init.freeze``: the output layer alone learns.
frozen-fast
    The same at ten times the learning rate, as so few weights stand.
all
    ``--init musicnn-msd``: every layer learns.

Told are the macro ROC-AUC and PR-AUC on the validation split (other artists) after 1,
2, 4, 8, 16 and 32 epochs, as far as ``--epochs`` goes.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks import installation
from benchmarks.installation import lyre
from dataset import labels, manifest

_SOURCE = "musicnn-msd"
_TRACKS = 200
_DBT = (
    "{tag_target_min_count: 10, tag_pool_min_count: 2, vocabulary_size: 15, "
    "min_positives_per_split: 0}"
)
_WAYS = {
    "scratch": ("model.name=musicnn", "input.window_seconds=3"),
    "frozen": ("init.freeze=true",),
    "frozen-fast": ("init.freeze=true", "optimizer.learning_rate=0.01"),
    "all": (),
}
_TOLD = (1, 2, 4, 8, 16, 32)


def _export(folder: Path, songs: int) -> Path:
    """Return an export of the sample, made first where it is missing."""
    found = sorted((folder / "exports").glob(f"*/{manifest.FILE_NAME}"))
    if not found:
        installation.prepare(folder, songs, _DBT)
        lyre(folder, "export", "tfrecord", "--preset", "musicnn")
        found = sorted((folder / "exports").glob(f"*/{manifest.FILE_NAME}"))
    return found[0].parent


def _fewer(export: Path, folder: Path) -> Path:
    """Write the ids of 200 training tracks and of all others to a file."""
    label_set = manifest.read(export).label_set(None).name
    rows = sorted(labels.read(export, label_set), key=lambda row: row.track_id)
    train = [row.track_id for row in rows if row.split == "train"][:_TRACKS]
    others = [row.track_id for row in rows if row.split != "train"]
    file = folder / "tracks.txt"
    file.write_text("\n".join(train + others) + "\n", encoding="utf-8")
    return file


def _learn(
    way: str, export: Path, tracks: Path, folder: Path, epochs: int
) -> list[dict[str, float]]:
    """Train one way; return its history."""
    settings = [
        *_WAYS[way],
        f"training.epochs={epochs}",
        "validation.windows=4",
    ]
    command = ["train", "fit", str(export), "--replace"]
    command += ["--name", way, "--tracks", str(tracks)]
    command += [] if way == "scratch" else ["--init", _SOURCE]
    for setting in settings:
        command += ["--set", setting]
    lyre(folder, *command)
    history = (folder / "runs" / way / "history.json").read_text(encoding="utf-8")
    found: list[dict[str, float]] = json.loads(history)
    return found


def _table(found: dict[str, list[dict[str, float]]], epochs: int) -> str:
    shown = [epoch for epoch in _TOLD if epoch <= epochs]
    lines = [
        "| way | " + " | ".join(f"epoch {epoch}" for epoch in shown) + " |",
        "|---|" + "---:|" * len(shown),
    ]
    for way, history in found.items():
        cells = [
            f"{history[epoch - 1]['val_roc_auc']:.3f} / "
            f"{history[epoch - 1]['val_pr_auc']:.3f}"
            for epoch in shown
        ]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--songs", type=int, default=500, help="size of the sample")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmarks/transfer"))
    chosen = parser.parse_args(arguments)
    folder = (chosen.folder / f"{chosen.songs}-songs").absolute()
    export = _export(folder, chosen.songs)
    tracks = _fewer(export, folder)
    found = {way: _learn(way, export, tracks, folder, chosen.epochs) for way in _WAYS}
    print(_table(found, chosen.epochs))


if __name__ == "__main__":
    main()
