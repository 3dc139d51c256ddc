import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import msd, msd_file
from ingest.errors import IngestError
from ingest.load import Load, load

_A, _B, _C = (b"TR" + letter * 16 for letter in (b"A", b"B", b"C"))


@pytest.fixture
def read_files(monkeypatch) -> list[str]:
    """Collect the names of the files that are read."""
    names: list[str] = []
    read = msd_file.read

    def record(path: Path):
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(msd_file, "read", record)
    return names


def _tree(write_songs) -> Path:
    terms = {"metadata/artist_terms": [b"jazz", b"soul"]}
    write_songs("tree/a.h5", [{"track_id": _A}], terms)
    write_songs("tree/b.h5", [{"track_id": _B}], terms)
    bad = write_songs("tree/c.h5", [{"track_id": _C}])
    content = bad.read_bytes()
    bad.write_bytes(content[: len(content) // 2])
    return bad.parent


def _tracks(raw, table: str = "msd_songs") -> list[str]:
    rows = raw.execute(f"select track_id from raw.{table} order by 1").fetchall()
    return [track[2] for (track,) in rows]


@pytest.mark.field_report("R40")
def test_a_rerun_reads_repaired_files_only(raw, write_songs, read_files) -> None:
    tree = _tree(write_songs)
    first = load(raw, msd.source([tree]))
    assert (first.rows, len(first.bad_files), first.kept_files) == (2, 1, 0)
    read_files.clear()
    write_songs("tree/c.h5", [{"track_id": _C}])
    again = load(raw, msd.source([tree]))
    assert read_files == ["c.h5"]
    assert (again.rows, again.bad_files, again.kept_files) == (3, [], 2)
    assert _tracks(raw) == ["A", "B", "C"]
    assert _tracks(raw, "msd_artist_terms") == ["A", "A", "B", "B"]
    assert load(raw, msd.source([tree])).status == "skipped"


def test_bad_files_are_tried_again(raw, write_songs, read_files) -> None:
    tree = _tree(write_songs)
    load(raw, msd.source([tree]))
    read_files.clear()
    write_songs("tree/d.h5", [{"track_id": b"TR" + b"D" * 16}])
    outcome = load(raw, msd.source([tree]))
    assert read_files == ["c.h5", "d.h5"]
    assert [Path(path).name for path, _ in outcome.bad_files] == ["c.h5"]


def test_changed_and_vanished_files_lose_their_rows(raw, write_songs) -> None:
    tree = _tree(write_songs)
    load(raw, msd.source([tree]))
    (tree / "a.h5").unlink()
    write_songs("tree/b.h5", [{"track_id": _C}], {"metadata/artist_terms": [b"x"]})
    load(raw, msd.source([tree]))
    assert _tracks(raw) == ["C"]
    terms = raw.execute("select track_id, term from raw.msd_artist_terms").fetchall()
    assert terms == [(_C.decode(), "x")]


def test_file_that_gave_way_is_read_when_the_other_is_gone(raw, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{"track_id": _A, "year": 1}]).parent
    write_songs("tree/b.h5", [{"track_id": _A, "year": 2}, {"track_id": _B}])
    write_songs("tree/c.h5", [{"track_id": _C}])
    load(raw, msd.source([tree]))
    (tree / "a.h5").unlink()
    outcome = load(raw, msd.source([tree]))
    years = raw.execute("select year from raw.msd_songs order by track_id").fetchall()
    assert years == [(2,), (None,), (None,)]
    assert (outcome.kept_files, outcome.set_aside) == (1, {})


@pytest.mark.parametrize("terms", [None, [b"rock", b"pop", b"punk"]])
def test_terms_of_a_file_that_gave_way_go_with_it(raw, write_songs, terms) -> None:
    """The summary has no terms, so that a song's are those of its own file."""
    summary = write_songs("summary.h5", [{"track_id": _A}, {"track_id": _B}])
    song, array = [{"track_id": _A}], "metadata/artist_terms"
    files = [summary, write_songs("tree/a.h5", song, {array: [b"jazz", b"soul"]})]
    load(raw, msd.source(files))
    if terms is None:
        files.pop().unlink()
    else:
        write_songs("tree/a.h5", song, {array: terms})
    load(raw, msd.source(files))
    found = raw.execute("select term from raw.msd_artist_terms order by position")
    assert found.fetchall() == [(term.decode(),) for term in terms or []]
    assert _tracks(raw) == ["A", "B"]


def test_lists_of_two_files_are_not_mixed(raw, write_songs) -> None:
    array = "metadata/artist_terms"
    tree = write_songs("tree/a.h5", [{"track_id": _A}], {array: [b"jazz"]}).parent
    write_songs("tree/b.h5", [{"track_id": _A}], {array: [b"soul", b"pop", b"funk"]})
    load(raw, msd.source([tree]))
    terms = raw.execute("select position, term from raw.msd_artist_terms").fetchall()
    assert terms == [(1, "jazz")]


def test_new_file_that_comes_first_takes_precedence(raw, write_songs) -> None:
    tree = write_songs("tree/b.h5", [{"track_id": _A, "year": 2}]).parent
    write_songs("tree/c.h5", [{"track_id": _C}])
    load(raw, msd.source([tree]))
    write_songs("tree/a.h5", [{"track_id": _A, "year": 1}])
    load(raw, msd.source([tree]))
    rows = raw.execute("select track_id, year from raw.msd_songs order by 1").fetchall()
    assert rows == [(_A.decode(), 1), (_C.decode(), None)]


@pytest.mark.parametrize("before", [["b"], ["b", "a"]])
def test_terms_are_of_the_file_that_now_comes_first(raw, write_songs, before) -> None:
    """It is new, or was named later."""
    song, array = [{"track_id": _A, "title": b"Don\x19t"}], "metadata/artist_terms"
    files = {
        "a": write_songs("a.h5", song, {array: [b"jazz"]}),
        "b": write_songs("b.h5", song, {array: [b"soul", b"pop"]}),
        "c": write_songs("c.h5", [{"track_id": _C}]),
    }
    load(raw, msd.source([files[name] for name in [*before, "c"]]))
    outcome = load(raw, msd.source(list(files.values())))
    assert outcome.kept_files == 1
    assert outcome.set_aside == {"song loaded from another file": 1}
    found = raw.execute(
        "select source_file, term from raw.msd_songs join raw.msd_artist_terms "
        "using (track_id)"
    )
    assert found.fetchall() == [(str(files["a"]), "jazz")]


def test_a_file_read_after_all_may_not_change(raw, write_songs) -> None:
    """It was to be kept, until a new file was found to come before it."""
    overtaken = write_songs("tree/b.h5", [{"track_id": _A, "year": 2}])
    write_songs("tree/c.h5", [{"track_id": _C}])
    load(raw, msd.source([overtaken.parent]))
    write_songs("tree/a.h5", [{"track_id": _A, "year": 1}])
    source = msd.source([overtaken.parent])

    def fill(work: Load) -> None:
        source.fill(work)
        os.utime(overtaken, (1, 1))

    with pytest.raises(IngestError, match="changed while it was read") as refused:
        load(raw, replace(source, fill=fill))
    assert str(overtaken) in str(refused.value)
    rows = raw.execute("select track_id, year from raw.msd_songs order by 1").fetchall()
    assert rows == [(_A.decode(), 2), (_C.decode(), None)]


def test_rows_set_aside_of_kept_files_stay(raw, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{"track_id": _A}, {"track_id": b"x"}]).parent
    load(raw, msd.source([tree]))
    write_songs("tree/b.h5", [{"track_id": _B}])
    outcome = load(raw, msd.source([tree]))
    assert outcome.set_aside == {"track_id is no MSD track id": 1}
    assert raw.execute("select distinct run_id from raw.rows_set_aside").fetchall() == [
        (2,)
    ]


def test_force_reads_every_file(raw, write_songs, read_files) -> None:
    tree = _tree(write_songs)
    load(raw, msd.source([tree]))
    read_files.clear()
    outcome = load(raw, msd.source([tree]), force=True)
    assert read_files == ["a.h5", "b.h5", "c.h5"]
    assert (outcome.rows, outcome.kept_files) == (2, 0)


def test_changed_file_of_the_same_size_is_read(raw, write_songs, read_files) -> None:
    tree = _tree(write_songs)
    load(raw, msd.source([tree]))
    read_files.clear()
    os.utime(tree / "b.h5", (1_300_000_000, 1_300_000_000))
    load(raw, msd.source([tree]))
    assert read_files == ["b.h5", "c.h5"]


def test_one_file_goes_by_its_checksum(raw, write_songs) -> None:
    """A copy that was given the time of the file that it replaces is another file."""
    summary = write_songs("summary.h5", [{"track_id": _A, "year": 1}])
    before = summary.stat()
    load(raw, msd.source([summary]))
    write_songs("summary.h5", [{"track_id": _A, "year": 2}])
    os.utime(summary, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert summary.stat().st_size == before.st_size
    assert load(raw, msd.source([summary])).kept_files == 0
    assert raw.execute("select year from raw.msd_songs").fetchall() == [(2,)]


def test_failure_leaves_the_kept_rows(raw, write_songs, monkeypatch) -> None:
    tree = _tree(write_songs)
    load(raw, msd.source([tree]))
    shutil.copy(tree / "a.h5", tree / "d.h5")

    def stop(_path: Path):
        raise KeyboardInterrupt

    monkeypatch.setattr(msd_file, "read", stop)
    with pytest.raises(KeyboardInterrupt):
        load(raw, msd.source([tree]))
    assert _tracks(raw) == ["A", "B"]
    files = raw.execute("select count(*) from raw.ingest_files").fetchall()
    assert files == [(3,)]


def test_relative_and_absolute_paths_are_the_same(
    raw, write_songs, monkeypatch
) -> None:
    tree = _tree(write_songs)
    monkeypatch.chdir(tree.parent)
    load(raw, msd.source([Path("tree")]))
    assert load(raw, msd.source([tree])).status == "skipped"
