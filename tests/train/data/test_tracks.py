import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset import manifest
from dataset.errors import DatasetError
from train.data.tracks import open_split
from train.errors import TrainError


@pytest.mark.field_report("R38")
def test_labels_come_in_the_order_asked_for(band_export: Path) -> None:
    # The model's order rules, whatever the data set's.
    usual = open_split(band_export, "test")
    asked = open_split(band_export, "test", tags=["pop", "rock"])
    assert usual.tags == ["rock", "jazz", "pop"]
    assert asked.tags == ["pop", "rock"]
    assert asked.labels.tolist() == usual.labels[:, [2, 0]].tolist()
    assert [row.labels for row in usual.rows] == [
        [place for place, on in enumerate(row) if on] for row in usual.labels
    ]


def test_tag_that_the_data_set_lacks_is_named(band_export: Path) -> None:
    with pytest.raises(TrainError, match=r"lacks 1 of 2 tags of the model: polka"):
        open_split(band_export, "test", tags=["rock", "polka"])


def test_empty_split_is_named(
    make_export: Callable,
    make_band_clips: Callable,
    mel_features: object,
    tmp_path: Path,
) -> None:
    folder = make_export(
        tmp_path / "export", {"train": make_band_clips(4, 1)}, mel_features
    )
    with pytest.raises(TrainError, match="the validation split is empty"):
        open_split(folder, "validation")


@pytest.mark.field_report("R23")
def test_cut_and_missing_shards_are_named(band_export: Path, tmp_path: Path) -> None:
    # Before the first epoch, by name.
    folder = tmp_path / "export"
    shutil.copytree(band_export, folder)
    shard = folder / "shards" / "train-00001-of-00002.tfrecord"
    shard.write_bytes(shard.read_bytes()[:-7])
    with pytest.raises(TrainError, match=r"train-00001-of-00002\.tfrecord: .*bytes"):
        open_split(folder, "train")
    assert open_split(folder, "test").rows
    shard.unlink()
    with pytest.raises(TrainError, match=r"train-00001.*the shard is missing"):
        open_split(folder, "train")


def test_unknown_label_set_is_named(band_export: Path) -> None:
    with pytest.raises(DatasetError, match=r"training_set\.v9"):
        open_split(band_export, "test", label_set="training_set.v9")


@pytest.mark.parametrize("target", ["parquet", "webdataset"])
def test_export_that_is_no_tfrecords_is_named(
    band_export: Path, tmp_path: Path, target: str
) -> None:
    folder = tmp_path / "export"
    shutil.copytree(band_export, folder)
    described = manifest.read(folder).model_copy(update={"target": target})
    manifest.write(described, folder)
    with pytest.raises(TrainError, match=rf"export to {target}.*expected TFRecords"):
        open_split(folder, "train")
