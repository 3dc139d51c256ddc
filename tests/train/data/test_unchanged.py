"""A shard that is replaced under a run, or between its parts."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset import framing
from train import config, runs
from train.data.tracks import open_split
from train.data.unchanged import Shards
from train.errors import TrainError
from train.fit import fit, resume
from train.loop.history import Fitted

SmallConfig = Callable[..., config.Config]


def _quiet(_line: str) -> None:
    """Say nothing."""


@pytest.fixture
def export(band_export: Path, tmp_path: Path) -> Path:
    return shutil.copytree(band_export, tmp_path / "export")


def _shard(export: Path) -> Path:
    return min((export / "shards").glob("train-*"))


def _swap(shard: Path) -> None:
    """Put a sound shard of the same size in the place of one: its records turned."""
    records = [payload for _, payload in framing.read(shard)]
    beside = shard.with_name("other")
    with beside.open("wb") as file:
        for payload in reversed(records):
            file.write(framing.frame(payload))
    assert beside.stat().st_size == shard.stat().st_size
    beside.replace(shard)


def test_replaced_and_missing_shards_are_named(export: Path) -> None:
    shards = Shards([open_split(export, "train"), None])
    shards.check()
    _swap(_shard(export))
    with pytest.raises(TrainError, match=f"{_shard(export)}: the shard changed"):
        shards.check()
    _shard(export).unlink()
    with pytest.raises(TrainError, match="the shard is gone"):
        shards.check()


def test_touched_shard_is_the_same(export: Path) -> None:
    shards = Shards([open_split(export, "train")])
    os.utime(_shard(export), (1, 1))
    shards.check()


def test_nothing_is_kept_of_an_epoch_whose_shards_changed(
    export: Path, small_config: SmallConfig, tmp_path: Path
) -> None:
    done: list[str] = []

    def swap_after_the_first(line: str) -> None:
        done.append(line)
        if line.startswith("epoch 1/"):
            shutil.copy(_shard(export), tmp_path / "kept")
            _swap(_shard(export))

    chosen = small_config("training.epochs=3")
    with pytest.raises(TrainError, match="the shard changed since the run began"):
        fit(export, chosen, all_runs=tmp_path, name="run", say=swap_after_the_first)
    folder = tmp_path / "run"
    assert not any(line.startswith("epoch 2/") for line in done)
    with pytest.raises(TrainError, match="the shard changed since the run began"):
        resume(folder, say=_quiet)
    shutil.copy(tmp_path / "kept", _shard(export))
    assert [epoch.epoch for epoch in _resumed(folder).history] == [1, 2, 3]


def _resumed(folder: Path) -> Fitted:
    assert (folder / runs.STATE).is_file()
    return resume(folder, say=_quiet)
