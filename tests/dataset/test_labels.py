import errno
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import framing, labels, records
from dataset.errors import DatasetError


def test_round_trip_with_the_places_of_the_records(small_export):
    folder, _ = small_export
    tracks = labels.read(folder)
    assert [track.track_id for track in tracks] == [f"TR{n}" for n in range(8)]
    for track in tracks:
        payload = framing.read_at(folder / track.shard, track.offset)
        record = records.deserialize(payload)
        assert record.track_id == track.track_id
        assert len(record.audio) == track.frames


def test_lines_are_plain_json(small_export):
    folder, described = small_export
    lines = (folder / described.label_set().file).read_text("utf-8").splitlines()
    first = json.loads(lines[0])
    assert first["artist_name"] == "Sigur Rós"
    assert first["labels"] == [0]
    assert "Sigur Rós" in lines[0]


def test_counts_per_split_and_tag(small_export):
    folder, _ = small_export
    counts = labels.count(labels.read(folder), 2)
    # Frames 2 to 6, 7 and 8, 9: an odd number of frames is jazz.
    assert counts["train"].tracks == 5
    assert counts["train"].positives == [3, 2]
    assert (counts["train"].shortest, counts["train"].longest) == (2, 6)
    assert counts["validation"].positives == [1, 1]
    assert counts["test"].positives == [0, 1]


def test_multi_hot():
    matrix = labels.multi_hot([[0, 2], [], [1]], 3)
    assert matrix.dtype == np.uint8
    assert matrix.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert labels.multi_hot([], 3).shape == (0, 3)


def test_another_file_in_its_place_is_noticed(small_export):
    folder, described = small_export
    file = folder / described.label_set().file
    # Copied in part, up to the end of a line.
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-1]), "utf-8")
    with pytest.raises(DatasetError, match=r"v2\.jsonl: the label set is not the one"):
        labels.read(folder)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"source": "msd"}'])
def test_a_bad_line_is_named(small_export, line):
    folder, described = small_export
    file = folder / described.label_set().file
    lines = file.read_text("utf-8").splitlines()
    lines[2] = line
    file.write_text("\n".join(lines), "utf-8")
    with pytest.raises(DatasetError, match=r"v2\.jsonl, line 3"):
        labels.read(folder)


def test_an_unknown_split_is_named(small_export):
    folder, described = small_export
    file = folder / described.label_set().file
    file.write_text(file.read_text("utf-8").replace('"test"', '"tset"'), "utf-8")
    with pytest.raises(DatasetError, match=r"line 8.*'tset'"):
        labels.read(folder)


def test_a_missing_file_is_named(small_export):
    folder, described = small_export
    (folder / described.label_set().file).unlink()
    with pytest.raises(DatasetError, match="label set is missing"):
        labels.read(folder)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_COUNTS = st.integers(0, 2**63 - 1)
_TRACKS = st.builds(
    labels.LabelledTrack,
    source=_TEXTS,
    track_id=_TEXTS,
    split=st.sampled_from(["train", "validation", "test"]),
    shard=_TEXTS,
    offset=_COUNTS,
    frames=_COUNTS,
    labels=st.lists(_COUNTS, max_size=5),
    artist_key=_TEXTS,
    artist_name=st.none() | _TEXTS,
    title=st.none() | _TEXTS,
    year=st.none() | st.integers(-(2**31), 2**31 - 1),
    decade=st.none() | _TEXTS,
)


@given(st.lists(_TRACKS, max_size=20))
@settings(deadline=None)
def test_any_tracks_come_back_as_they_were(tracks):
    with TemporaryDirectory() as folder:
        file = Path(folder, "labels.jsonl")
        labels.write(file, tracks)
        assert list(labels.iterate(file)) == tracks


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", "rock"),
        ("labels", [-1]),
        ("labels", [0.5]),
        ("labels", [True]),
        ("offset", 2**63),
        ("frames", None),
        ("shard", 1),
        ("title", ["x"]),
        ("split", {}),
    ],
)
def test_values_of_another_type_are_named(small_export, key, value):
    folder, described = small_export
    file = folder / described.label_set().file
    first, *others = file.read_text("utf-8").splitlines()
    changed = json.dumps(json.loads(first) | {key: value})
    file.write_text("\n".join([changed, *others]))
    with pytest.raises(DatasetError, match=rf"line 1: no line of a label set: .*{key}"):
        labels.read(folder)


def test_a_label_outside_the_vocabulary_is_named(small_export):
    folder, described = small_export
    file = folder / described.label_set().file
    file.write_text(file.read_text("utf-8").replace('"labels":[0]', '"labels":[2]', 1))
    with pytest.raises(DatasetError, match="label 2 is not in the vocabulary"):
        labels.read(folder)


def test_a_label_set_that_cannot_be_written_leaves_nothing(tmp_path):
    def broken():
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    with pytest.raises(OSError, match="No space left"):
        labels.write(tmp_path / "set.jsonl", broken())
    assert not list(tmp_path.iterdir())
