import io
import json
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dataset.containers import CONTAINERS
from dataset.errors import DatasetError
from dataset.records import Record
from dataset.webdataset import key_of

RECORDS = [
    Record("msd", f"TR{number}", np.full((number, 3), number, np.float16))
    for number in range(70)
] + [Record("jamendo", "14/214é.mp3", np.arange(-5, 5, dtype=np.int16))]


def written(tmp_path, target, records=RECORDS):
    path = tmp_path / f"shard{CONTAINERS[target].suffix}"
    with CONTAINERS[target].write(path) as append:
        return path, [append(record) for record in records]


@pytest.mark.parametrize("target", CONTAINERS)
def test_round_trip_with_places(tmp_path, target):
    path, places = written(tmp_path, target)
    found = list(CONTAINERS[target].read(path))
    assert [place for place, _ in found] == places
    for (_, record), expected in zip(found, RECORDS, strict=True):
        assert isinstance(record, Record)
        assert (record.source, record.track_id) == (expected.source, expected.track_id)
        assert record.audio.dtype == expected.audio.dtype
        np.testing.assert_array_equal(record.audio, expected.audio)


@pytest.mark.parametrize("target", CONTAINERS)
def test_equal_records_give_equal_bytes(tmp_path, target):
    first = written(tmp_path, target)[0].read_bytes()
    turned = [
        Record(
            each.source,
            each.track_id,
            np.asfortranarray(each.audio.astype(each.audio.dtype.newbyteorder(">"))),
        )
        for each in RECORDS
    ]
    assert written(tmp_path, target, turned)[0].read_bytes() == first


@pytest.mark.parametrize("target", CONTAINERS)
def test_no_records_are_a_file_too(tmp_path, target):
    path, _ = written(tmp_path, target, [])
    assert path.is_file()
    assert list(CONTAINERS[target].read(path)) == []


@pytest.mark.parametrize("target", CONTAINERS)
@pytest.mark.parametrize("kept", [0.5, 0.97])
def test_cut_files_are_told_by_name(tmp_path, target, kept):
    path, _ = written(tmp_path, target, RECORDS[40:60])
    content = path.read_bytes()
    if target == "webdataset":  # Its last blocks are padding.
        content = content.rstrip(b"\0")
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DatasetError, match=path.name):
        list(CONTAINERS[target].read(path))


def test_parquet_notices_a_flipped_bit(tmp_path):
    path, _ = written(tmp_path, "parquet", RECORDS[40:60])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"shard\.parquet"):
        list(CONTAINERS["parquet"].read(path))


def test_others_read_the_tar(tmp_path):
    path, _ = written(tmp_path, "webdataset")
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        assert all(not each.mtime and not each.uid for each in members)
        assert [each.name for each in members[:2]] == ["msd-TR0.npy", "msd-TR0.json"]
        assert members[-2].name == "jamendo-14%2F214%C3%A9%2Emp3.npy"
        audio = np.load(io.BytesIO(archive.extractfile(members[14]).read()))
        facts = json.loads(archive.extractfile(members[15]).read())
    np.testing.assert_array_equal(audio, RECORDS[7].audio)
    assert facts == {"source": "msd", "track_id": "TR7"}


def test_others_read_the_table(tmp_path):
    path, _ = written(tmp_path, "parquet")
    table = pq.read_table(path)
    assert table.column("track_id").to_pylist() == [each.track_id for each in RECORDS]
    row = table.slice(7, 1).to_pylist()[0]
    audio = np.frombuffer(row["audio"], row["dtype"]).reshape(row["shape"])
    np.testing.assert_array_equal(audio, RECORDS[7].audio)


def test_keys_have_neither_dots_nor_slashes():
    assert key_of(Record("fma", "a.b/c", RECORDS[0].audio)) == "fma-a%2Eb%2Fc"


def test_a_stranger_in_the_tar_is_told_and_passed_over(tmp_path):
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("readme.txt", "b.json"):
            archive.addfile(tarfile.TarInfo(name))
    ((_, fault),) = CONTAINERS["webdataset"].read(path)
    assert "readme.txt" in str(fault)


@pytest.mark.parametrize(
    ("old", "new"), [(b"<f2", b"<S2"), (b"<f2", b"|V2"), (b"(3, 4)", b"(    )")]
)
def test_an_array_that_is_no_audio_is_told_and_passed_over(tmp_path, old, new):
    records = [
        Record("msd", f"TR{number}", np.ones((3, 4), np.float16)) for number in (1, 2)
    ]
    path, places = written(tmp_path, "webdataset", records)
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    (first, fault), (second, whole) = CONTAINERS["webdataset"].read(path)
    assert (first, second) == tuple(places)
    assert "the members of msd-TR1 cannot be read: an array of" in str(fault)
    assert whole.track_id == "TR2"


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
_ARRAYS = st.sampled_from(["float16", "float32", "int16"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(max_dims=2, max_side=20))
)


@given(st.lists(st.builds(Record, _TEXTS, _TEXTS, _ARRAYS), max_size=40))
@settings(max_examples=25, deadline=None)
def test_any_records_come_back_as_they_were(records):
    for container in CONTAINERS.values():
        with TemporaryDirectory() as folder:
            path = Path(folder, f"shard{container.suffix}")
            with container.write(path) as append:
                places = [append(record) for record in records]
            found = list(container.read(path))
        assert [place for place, _ in found] == places
        for (_, record), expected in zip(found, records, strict=True):
            assert record.source == expected.source
            assert record.track_id == expected.track_id
            assert record.audio.dtype == expected.audio.dtype
            assert record.audio.shape == expected.audio.shape
            assert record.audio.tobytes() == expected.audio.tobytes()
