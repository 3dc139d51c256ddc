import hashlib

import numpy as np
import pytest

from dataset import framing, manifest, records
from dataset.verify import verify

TRAIN = "shards/train-00000-of-00001.tfrecord"


def test_a_sound_export_has_no_faults(small_export):
    told = []
    assert verify(small_export[0], told.append) == []
    assert told == [5, 2, 1]


@pytest.mark.field_report("R23")
def test_a_cut_shard_is_named_with_its_record(small_export):
    folder, _ = small_export
    path = folder / TRAIN
    path.write_bytes(path.read_bytes()[:-7])
    faults = verify(folder)
    assert any("train-00000-of-00001.tfrecord, record 4 at byte" in f for f in faults)
    assert any("4 readable records, the manifest says 5" in f for f in faults)


def test_the_tracks_of_a_cut_shard_are_told_in_one_sentence(small_export):
    folder, _ = small_export
    path = folder / TRAIN
    # Cut in the second of five records.
    (second,) = [
        offset for number, (offset, _) in enumerate(framing.read(path)) if number == 1
    ]
    path.write_bytes(path.read_bytes()[: second + 3])
    of_labels = [fault for fault in verify(folder) if ".jsonl" in fault]
    assert len(of_labels) == 1
    assert f": no readable record of 4 tracks in {TRAIN}" in of_labels[0]


def test_a_flipped_bit_is_named_with_its_record(small_export):
    folder, _ = small_export
    path = folder / TRAIN
    data = bytearray(path.read_bytes())
    (second,) = [
        offset for number, (offset, _) in enumerate(framing.read(path)) if number == 1
    ]
    data[second + 40] ^= 1
    path.write_bytes(data)
    faults = verify(folder)
    assert f"{path}: the SHA-256 differs from the manifest's" in faults
    assert any(f"record 1 at byte {second:,}: the checksum" in f for f in faults)


def test_a_missing_shard_is_named(small_export):
    folder, _ = small_export
    (folder / TRAIN).unlink()
    assert f"{folder / TRAIN}: the shard is missing" in verify(folder)


def test_a_stranger_is_named(small_export):
    folder, _ = small_export
    (folder / "shards" / "train-00000-of-00002.tfrecord").write_bytes(b"")
    assert len(verify(folder)) == 1


@pytest.mark.parametrize(
    ("audio", "told"),
    [
        (np.zeros((9, 4), np.float32), "dtype float32, the manifest says float16"),
        (np.zeros((9, 5), np.float16), r"shape (9, 5), the manifest says [None, 4]"),
        (np.full((9, 4), np.nan, np.float16), "values that are not finite"),
    ],
)
def test_records_that_do_not_fit_the_manifest(small_export, audio, told):
    folder, described = small_export
    framed = framing.frame(records.serialize(records.Record("msd", "TR7", audio)))
    shard = described.shards[2]
    (folder / shard.name).write_bytes(framed)
    fitting = shard.model_copy(
        update={"bytes": len(framed), "sha256": hashlib.sha256(framed).hexdigest()}
    )
    shards = [*described.shards[:2], fitting]
    manifest.write(described.model_copy(update={"shards": shards}), folder)
    (fault,) = verify(folder)
    assert "record 0 at byte 0 (TR7)" in fault
    assert told in fault


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"offset":0,', '"offset":8,', "no such record"),
        ('"track_id":"TR1"', '"track_id":"TR0"', "the track is listed twice"),
        ('"labels":[0]', '"labels":[2]', "outside the vocabulary of 2 tags"),
        ('"labels":[0]', '"labels":[1]', "the counts of train differ"),
        ('"labels":[0]', '"labels":', "line 1: no line of a label set"),
    ],
)
def test_labels_that_do_not_fit(small_export, old, new, told):
    folder, described = small_export
    file = folder / described.label_set().file
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    faults = verify(folder)
    assert f"{file}: the SHA-256 differs from the manifest's" in faults
    assert any(told in fault for fault in faults)
