import json

import numpy as np
import pytest

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
