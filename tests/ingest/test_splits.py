from pathlib import Path

import numpy as np
import pytest

from ingest import lists, splits
from ingest.errors import IngestError
from ingest.load import load

_IDS = [f"TR{number:016d}" for number in range(5)]


def _rows(raw) -> list[tuple]:
    return raw.execute("select * from raw.published_splits order by all").fetchall()


def _error(raw, files: dict[str, dict[str, Path]]) -> str:
    with pytest.raises(IngestError) as caught:
        load(raw, splits.splits(files))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_kind_of_file(raw, tmp_path: Path) -> None:
    text, array, raw_array, table = (
        tmp_path / name for name in ("a.txt", "b.npy", "c.npy", "d.tsv")
    )
    text.write_text(f"{_IDS[0]}\n\n{_IDS[1]}\n")
    np.save(array, np.array(_IDS[2:3]))
    np.save(raw_array, np.array(_IDS[3:4], dtype="S18"))
    table.write_text(f"track\tartist\n{_IDS[4]}\tx\n")
    files = {
        "one": {"train": text, "validation": array},
        "two": {"test": raw_array, "train": table},
    }
    assert load(raw, splits.splits(files)).rows == 5
    assert _rows(raw) == [
        ("one", "train", 1, _IDS[0]),
        ("one", "train", 3, _IDS[1]),
        ("one", "validation", 1, _IDS[2]),
        ("two", "test", 1, _IDS[3]),
        ("two", "train", 2, _IDS[4]),
    ]


def test_odd_items_are_set_aside(raw, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{_IDS[0]}\n6010476\n{_IDS[0]} {_IDS[1]}\n{_IDS[1]}0\n")
    outcome = load(raw, splits.splits({"s": {"test": path}}))
    assert outcome.set_aside == {
        "no MSD track id": 2,
        "more than one MSD track id": 1,
    }
    positions = raw.execute(
        "select position, path from raw.rows_set_aside order by position"
    ).fetchall()
    assert positions == [(place, str(path)) for place in ("2", "3", "4")]


def test_renamed_split_is_loaded_again(raw, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(_IDS[0])
    load(raw, splits.splits({"old": {"test": path}}))
    assert load(raw, splits.splits({"old": {"test": path}})).status == "skipped"
    load(raw, splits.splits({"new": {"test": path}}))
    assert _rows(raw) == [("new", "test", 1, _IDS[0])]


def test_wrong_files_are_told(raw, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 50), bool))
    assert "of shape (3, 50) and type bool" in _error(raw, {"s": {"test": path}})
    path.write_bytes(b"not an array")
    assert "not a plain NumPy array" in _error(raw, {"s": {"test": path}})
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    assert "not a plain NumPy array" in _error(raw, {"s": {"test": path}})
    numbers = tmp_path / "7d.txt"
    numbers.write_text("6010476\n2351046\n")
    assert "holds no MSD track ids" in _error(raw, {"s": {"test": numbers}})
    missing = tmp_path / "none.txt"
    assert "sources.splits.s.test" in _error(raw, {"s": {"test": missing}})
    assert "no such part of a split: 'valid'" in _error(raw, {"s": {"valid": numbers}})
    other = tmp_path / "a.json"
    other.write_text("{}")
    assert "cannot be read from .json" in _error(raw, {"s": {"test": other}})


def test_counts_of_the_real_splits(raw, real: Path) -> None:
    folder = real / "splits"
    files = {
        "choi": {
            "validation": folder / "choi" / "valid_x_msd_id.txt",
            "test": folder / "choi" / "test_x_msd_id.txt",
        },
        "cals": {"test": folder / "cals" / "CALS_test_ids.npy"},
    }
    load(raw, lists.mismatches(real / "msd" / "sid_mismatches.txt"))
    assert load(raw, splits.splits(files)).set_aside == {}
    counts = raw.execute(
        """
        select
            split_scheme, split, count(*), count(distinct track_id),
            count(*) filter (
                track_id in (select track_id from raw.msd_mismatches)
            )
        from raw.published_splits group by all order by all
        """
    ).fetchall()
    assert counts == [
        ("cals", "test", 34_913, 34_913, 1_093),
        ("choi", "test", 28_540, 28_540, 605),
        ("choi", "validation", 12_634, 12_634, 328),
    ]
    first = raw.execute(
        "select track_id from raw.published_splits "
        "where split_scheme = 'choi' and split = 'test' and position = 1"
    ).fetchall()
    assert first == [("TRAADIN128F931D672",)]
