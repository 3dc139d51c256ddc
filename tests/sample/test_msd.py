from pathlib import Path

import h5py
import numpy as np
import pytest

from sample.msd import chunk_rows

TABLES = ("metadata", "analysis", "musicbrainz")


@pytest.fixture
def summary(silent_sample: Path):
    with h5py.File(silent_sample / "msd_summary_file.h5") as file:
        yield file


@pytest.fixture
def song_file(real: Path):
    with h5py.File(real / "msd" / "songs" / "TRAAABD128F429CF47.h5") as file:
        yield file


def test_tables_have_the_columns_of_a_real_file(summary, song_file) -> None:
    for table in TABLES:
        assert summary[table]["songs"].dtype == song_file[table]["songs"].dtype


def test_attributes_are_those_of_a_real_file(summary, song_file) -> None:
    def attributes(node):
        kept = {}
        for name in node.attrs:
            kind = node.attrs.get_id(name).get_type()
            kept[name] = (kind.get_class(), kind.get_size(), repr(node.attrs[name]))
        kept.pop("NROWS", None)
        return kept

    assert attributes(summary) == attributes(song_file)
    for table in TABLES:
        assert attributes(summary[table]) == attributes(song_file[table])
        ours, theirs = summary[table]["songs"], song_file[table]["songs"]
        assert attributes(ours) == attributes(theirs)
        assert ours.attrs["NROWS"] == 300


def test_storage_is_that_of_a_real_file(summary, song_file) -> None:
    for table in TABLES:
        ours, theirs = summary[table]["songs"], song_file[table]["songs"]
        for setting in ("chunks", "compression", "compression_opts", "shuffle"):
            assert getattr(ours, setting) == getattr(theirs, setting)
        assert ours.maxshape == (None,)


def test_chunks_follow_pytables() -> None:
    # Rows of the three tables of a song file, as SCHEMA.txt shows them.
    assert [chunk_rows(size, 1) for size in (5320, 220, 8)] == [3, 37, 1024]
    # 5,073 MiB: four digits, so 64 KiB a chunk.
    assert chunk_rows(5320, 1_000_000) == 12


def test_missing_values_are_as_frequent_as_in_real_files(summary) -> None:
    songs = summary["metadata/songs"][:]
    cold = np.isnan(songs["song_hotttnesss"])
    nowhere = np.isnan(songs["artist_latitude"])
    assert cold.mean() == pytest.approx(132 / 283, abs=0.1)
    assert (nowhere == np.isnan(songs["artist_longitude"])).all()
    # Facts of an artist: sixty artists are few.
    assert nowhere.mean() == pytest.approx(170 / 283, abs=0.25)
    assert (songs["artist_playmeid"] == -1).mean() == pytest.approx(0.4, abs=0.25)
    assert (songs["artist_location"] == b"").mean() == pytest.approx(0.41, abs=0.25)
    assert (summary["musicbrainz/songs"]["year"] == 0).mean() == pytest.approx(
        147 / 283, abs=0.1
    )
    assert not songs["genre"].any()


def test_rows_agree_with_the_truth(summary, silent_truth) -> None:
    rows = silent_truth["songs"]
    metadata, analysis = summary["metadata/songs"][:], summary["analysis/songs"][:]
    year = summary["musicbrainz/songs"]["year"]
    assert [row["track_id"].encode() for row in rows] == list(analysis["track_id"])
    assert [row["title"].encode() for row in rows] == list(metadata["title"])
    assert [row["artist"].encode() for row in rows] == list(metadata["artist_name"])
    for row, shown in zip(rows, year, strict=True):
        assert shown in (0, int(row["year"]))


def test_ids_have_the_real_shapes(summary, silent_truth) -> None:
    metadata, analysis = summary["metadata/songs"][:], summary["analysis/songs"][:]
    for values, kind in (
        (analysis["track_id"], "TR"),
        (metadata["song_id"], "SO"),
        (metadata["artist_id"], "AR"),
    ):
        text = [value.decode() for value in values]
        assert all(len(item) == 18 and item.startswith(kind) for item in text)
        assert all(item.isalnum() and item.isupper() for item in text)
    assert len(set(analysis["track_id"])) == len(set(metadata["song_id"])) == 300
    shared = [row for row in silent_truth["faults"] if "shared" in row["kind"]]
    distinct = len(set(metadata["track_7digitalid"]))
    assert distinct == 300 - len(shared) // 2
