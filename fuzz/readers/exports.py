"""Exports: shards of each kind, manifest, labels, index; and what training reads."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from dataset import exports, index, labels, manifest
from dataset.containers import CONTAINERS
from dataset.manifest import Target
from dataset.verify import verify
from fuzz.readers import small_export
from fuzz.readers.reader import Reader


def _shards(folder: Path, *, target: Target) -> Sequence[Path]:
    written = small_export.write(folder / "export", target)
    return sorted((written / manifest.SHARDS).iterdir())[:1]


def _export(folder: Path, *, target: Target = "tfrecord") -> Sequence[Path]:
    return [small_export.write(folder / "exports" / "export", target)]


def _read_shard(target: Target) -> Callable[[Path], object]:
    return lambda path: list(CONTAINERS[target].read(path))


def _read_described(folder: Path) -> object:
    """Read all that describes the records, and find the export among others."""
    described = manifest.read(folder)
    tracks = labels.read(folder)
    found = list(index.read_all(folder, described))
    exports.newest(folder.parent)
    return found, labels.multi_hot([each.labels for each in tracks], 3)


def _train(folder: Path) -> object:
    from train.config import load
    from train.data import damage
    from train.data.splits import open_data

    sets = ["input.window_seconds=1", "training.batch_size=4", "input.shuffle=false"]
    data = open_data(folder, load(None, sets))
    with damage.named(data.train, data.validation):
        return list(data.training(epoch=1)), list(data.scoring())


def _is_text(name: str) -> bool:
    return name.endswith((".json", ".jsonl"))


READERS: Sequence[Reader] = (
    Reader("tfrecord", partial(_shards, target="tfrecord"), _read_shard("tfrecord")),
    Reader("parquet", partial(_shards, target="parquet"), _read_shard("parquet")),
    Reader(
        "webdataset", partial(_shards, target="webdataset"), _read_shard("webdataset")
    ),
    Reader("manifest", _export, _read_described, damaged=_is_text),
    Reader("verify", _export, verify),
    Reader("verify-parquet", partial(_export, target="parquet"), verify),
    Reader("verify-webdataset", partial(_export, target="webdataset"), verify),
    Reader("export-to-train", _export, _train, seconds=60.0),
)
