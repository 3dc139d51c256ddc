import threading
from pathlib import Path

import h5py
import numpy as np
import pytest

from ingest import msd, msd_blocks, msd_file
from ingest.load import load
from ingest.msd_blocks import is_readable, read_spans
from ingest.text import CUT_CHARACTER, NOT_UTF8

_ROW = np.dtype(
    [("a", "S3"), ("number", "<i4"), ("text", "S300"), ("real", "<f8"), ("z", "S1")]
)


def _rows(count: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    rows = np.zeros(count, _ROW)
    rows["number"] = rng.integers(-(2**31), 2**31 - 1, count)
    rows["real"] = rng.normal(size=count)
    rows["text"] = [b"x" * length + b"y" for length in rng.integers(0, 40, count)]
    rows["text"][::5] = b""
    rows["text"][count // 2] = b"a\0b"
    rows["a"] = b"abc"
    return rows


def _write(path: Path, rows: np.ndarray, **options) -> h5py.Dataset:
    stored = {
        "chunks": (7,),
        "maxshape": (None,),
        "shuffle": True,
        "compression": "gzip",
        **options,
    }
    return h5py.File(path, "w").create_dataset("songs", data=rows, **stored)


@pytest.mark.parametrize("count", [1, 7, 8, 100])
@pytest.mark.parametrize("task_rows", [7, 20, 5_000])
def test_fields_equal_those_that_hdf5_reads(
    tmp_path: Path, monkeypatch, count: int, task_rows: int
) -> None:
    monkeypatch.setattr(msd_blocks, "_TASK_ROWS", task_rows)
    monkeypatch.setattr(msd_blocks, "_BLOCK_BYTES", 3 * 7 * _ROW.itemsize)
    table = _write(tmp_path / "t.h5", _rows(count))
    names = ["number", "text", "real", "a", "z"]
    spans = [(first, min(first + 10, count)) for first in range(0, count, 10)]
    assert is_readable(table)
    read = list(read_spans([(table, names)], spans))
    assert len(read) == len(spans)
    for name in names:
        values = np.concatenate([fields[name] for fields in read])
        np.testing.assert_array_equal(values, table.fields([name])[:][name])


def test_text_is_as_narrow_as_its_longest_value(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.h5", _rows(30))
    (fields,) = read_spans([(table, ["text", "z"])], [(0, 30)])
    longest = max(len(text) for text in table[:]["text"])
    assert (fields["text"].dtype.itemsize, fields["z"].dtype.itemsize) == (longest, 1)


def test_chunk_that_deflating_did_not_shorten(tmp_path: Path) -> None:
    """HDF5 stores such a chunk as it is, and says so in the chunk's mask."""
    rows = np.frombuffer(np.random.default_rng(3).bytes(7 * 8), [("n", "<i8")])
    table = _write(tmp_path / "t.h5", rows)
    shuffled = rows.view(np.uint8).reshape(7, 8).T.tobytes()
    table.id.write_direct_chunk((0,), shuffled, filter_mask=0b10)
    table.file.close()
    table = h5py.File(tmp_path / "t.h5")["songs"]
    np.testing.assert_array_equal(table[:], rows)
    (fields,) = read_spans([(table, ["n"])], [(0, 7)])
    np.testing.assert_array_equal(fields["n"], rows["n"])


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"compression": None},
        {"fletcher32": True},
        {"chunks": None, "maxshape": None, "shuffle": False, "compression": None},
    ],
)
def test_other_ways_to_store_are_left_to_hdf5(tmp_path: Path, options: dict) -> None:
    assert not is_readable(_write(tmp_path / "t.h5", _rows(20), **options))


def test_table_with_chunks_that_were_never_written(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.h5", _rows(20))
    table.resize((40,))
    assert not is_readable(table)


def test_a_stopped_reader_leaves_nothing_behind(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.h5", _rows(100))
    reader = read_spans(
        [(table, ["text"])], [(row, row + 10) for row in range(0, 90, 10)]
    )
    before = threading.active_count()
    next(reader)
    assert threading.active_count() > before
    reader.close()
    assert threading.active_count() == before


def test_songs_are_the_same_whoever_inflates(raw, write_songs, monkeypatch) -> None:
    songs = [
        {
            "title": ("é" * (number % 40)).encode(),
            "release": b"Don\x19t" if number % 3 else b"",
            "year": number % 2_012,
            "duration": number / 7,
            "artist_mbid": b"x" * (number % 41),
        }
        for number in range(500)
    ]
    path = write_songs("summary.h5", songs)
    loaded = []
    for few in (1, 10_000):
        monkeypatch.setattr(msd_file, "_FEW_ROWS", few)
        outcome = load(raw, msd.source([path]), force=True)
        rows = raw.execute("select * from raw.msd_songs order by track_id").fetchall()
        loaded.append((rows, outcome.repairs))
    assert loaded[0] == loaded[1]
    assert len(loaded[0][0]) == 500


def test_cut_text_is_told_from_text_of_another_encoding(
    raw, write_songs, monkeypatch
) -> None:
    monkeypatch.setattr(msd_file, "_FEW_ROWS", 1)
    cut = ("x" * 1023 + "é").encode()[:1024]
    full = write_songs("full.h5", [{"title": cut}])
    short = write_songs("short.h5", [{"title": b"Caf\xc3"}])
    assert load(raw, msd.source([full])).repairs == {CUT_CHARACTER: 1}
    assert load(raw, msd.source([short])).repairs == {NOT_UTF8: 1}


def test_damaged_chunk_is_told(raw, write_songs, monkeypatch) -> None:
    monkeypatch.setattr(msd_file, "_FEW_ROWS", 1)
    bad = write_songs("tree/bad.h5", [{} for _ in range(200)])
    with h5py.File(bad) as file:
        chunk = file["metadata/songs"].id.get_chunk_info(4)
    content = bytearray(bad.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
    bad.write_bytes(content)
    write_songs("tree/good.h5", [{"track_id": b"TR" + b"A" * 16}])
    outcome = load(raw, msd.source([bad.parent]))
    assert outcome.rows == 1
    assert outcome.bad_files[0][1].startswith("the file is damaged")
