from pathlib import Path

import pytest

from ingest import lists
from ingest.errors import IngestError
from ingest.load import load

_SONG, _TRACK = "SO" + "A" * 16, "TR" + "B" * 16


def _mismatch(rest: str) -> bytes:
    return f"ERROR: <{_SONG} {_TRACK}> {rest}".encode()


def _write(tmp_path: Path, *lines: bytes, end: bytes = b"\n") -> Path:
    path = tmp_path / "list.txt"
    path.write_bytes(end.join(lines) + end)
    return path


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason, content from raw.rows_set_aside order by position"
    ).fetchall()


def _mismatches(raw) -> list[tuple]:
    return raw.execute(
        "select line_number, song_artist, song_title, track_artist, track_title "
        "from raw.msd_mismatches order by line_number"
    ).fetchall()


def test_mismatch_lines(raw, tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        _mismatch("Digital Underground  -  The Way  !=  Linkwood  -  Whats up"),
        _mismatch("  -    !=  Aerosmith  -  I\x19m Ready"),
        _mismatch("A - B  -  C != D  !=  A\x1cB  -  C\x1eD"),
    )
    assert load(raw, lists.mismatches(path)).rows == 3
    assert _mismatches(raw) == [
        (1, "Digital Underground", "The Way", "Linkwood", "Whats up"),
        (2, None, None, "Aerosmith", "I\u2019m Ready"),
        (3, "A - B", "C != D", "A\u201cB", "C\u201eD"),
    ]
    ids = raw.execute(
        "select distinct song_id, track_id from raw.msd_mismatches"
    ).fetchall()
    assert ids == [(_SONG, _TRACK)]


def test_mismatch_line_is_kept_as_found(raw, tmp_path: Path) -> None:
    line = _mismatch("a  -  b  !=  c\x1d  -  d")
    load(raw, lists.mismatches(_write(tmp_path, line)))
    rows = raw.execute("select line from raw.msd_mismatches").fetchall()
    assert rows == [(line.decode(),)]


def test_malformed_mismatch_lines_are_set_aside(raw, tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        b"# a comment",
        b"",
        _mismatch("a  -  b  !=  c  -  d"),
        b"ERROR: <SOSHORT TRSHORT> a  -  b  !=  c  -  d",
    )
    outcome = load(raw, lists.mismatches(path))
    assert [row[0] for row in _mismatches(raw)] == [3]
    assert outcome.set_aside == {"line is not 'ERROR: <SONG TRACK> ...'": 2}
    assert [position for position, *_ in _aside(raw)] == ["1", "4"]


@pytest.mark.parametrize(
    "rest",
    [
        "a  -  b  -  c  !=  d  -  e",
        "a  -  b  !=  c  !=  d  -  e",
        "a  -  b  !=  c",
        "no names at all",
    ],
)
def test_ambiguous_names_are_left_out_but_not_the_ids(
    raw, tmp_path: Path, rest: str
) -> None:
    path = _write(tmp_path, _mismatch("a  -  b  !=  c  -  d"), _mismatch(rest))
    load(raw, lists.mismatches(path))
    assert _mismatches(raw)[1] == (2, None, None, None, None)
    ((position, reason, content),) = _aside(raw)
    assert (position, content) == ("2", _mismatch(rest).decode())
    assert "ambiguous" in reason


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_duplicate_groups(raw, tmp_path: Path, end: bytes) -> None:
    ids = [b"TR%016d" % number for number in range(6)]
    path = _write(
        tmp_path,
        b"# MSD duplicates",
        b"# % group",
        b"%12 Sigur R\xc3\xb3s - Hopp\xc3\xadpolla",
        ids[0],
        ids[1] + b"<SEP>SOAAA<SEP>artist",
        b"%-1 second",
        ids[2],
        ids[3],
        ids[2],
        b"%7",
        ids[4],
        end=end,
    )
    assert load(raw, lists.duplicates(path)).rows == 6
    rows = raw.execute("select * from raw.msd_duplicates order by all").fetchall()
    assert rows == [
        (1, "Sigur Rós - Hoppípolla", 1, ids[0].decode()),
        (1, "Sigur Rós - Hoppípolla", 2, ids[1].decode()),
        (2, "second", 1, ids[2].decode()),
        (2, "second", 2, ids[3].decode()),
        (2, "second", 3, ids[2].decode()),
        (3, None, 1, ids[4].decode()),
    ]


def test_malformed_duplicate_lines_are_set_aside(raw, tmp_path: Path) -> None:
    track = b"TR" + b"A" * 16
    lines = [track, b"%1 group", b"TRshort", track, b"%x what", track]
    path = _write(tmp_path, *lines)
    load(raw, lists.duplicates(path))
    assert _aside(raw) == [
        ("1", "track before the first group", track.decode()),
        ("3", "neither a track id nor '%<number> ...'", "TRshort"),
        (
            "5",
            "header is not '%<number> ...', so the group is loaded without it",
            "%x what",
        ),
    ]
    groups = raw.execute("select group_number, group_label from raw.msd_duplicates")
    assert groups.fetchall() == [(1, "group"), (2, None)]


@pytest.mark.parametrize("find", [lists.mismatches, lists.duplicates])
def test_a_file_of_something_else_is_refused(raw, tmp_path: Path, find) -> None:
    path = _write(tmp_path, b"<html>", b"404")
    with pytest.raises(IngestError, match="no line has the form wanted") as caught:
        load(raw, find(path))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("find", "key"),
    [
        (lists.mismatches, "sources.mismatches"),
        (lists.duplicates, "sources.duplicates"),
    ],
)
def test_missing_list_names_its_key(tmp_path: Path, find, key: str) -> None:
    with pytest.raises(IngestError, match=f"no such file.*{key}"):
        find(tmp_path / "none.txt")


def test_byte_order_mark_is_no_part_of_the_first_line(raw, tmp_path: Path) -> None:
    line = b"\xef\xbb\xbf" + _mismatch("a  -  b  !=  c  -  d")
    assert load(raw, lists.mismatches(_write(tmp_path, line))).set_aside == {}


def test_more_lines_than_a_batch(raw, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(lists, "_BATCH_ROWS", 3)
    lines = [_mismatch(f"a  -  {number}  !=  c  -  d") for number in range(10)]
    assert load(raw, lists.mismatches(_write(tmp_path, *lines))).rows == 10
    assert [row[2] for row in _mismatches(raw)] == [str(number) for number in range(10)]


def test_counts_of_the_real_mismatch_list(raw, real: Path) -> None:
    path = real / "msd" / "sid_mismatches.txt"
    outcome = load(raw, lists.mismatches(path))
    assert (outcome.rows, outcome.set_aside) == (19_094, {})
    counts = raw.execute(
        """
        select
            count(distinct track_id), count(distinct song_id),
            min(line_number) filter (song_artist is null),
            count(*) filter (song_artist is null),
            count(*) filter (track_artist is null or track_title is null),
            count(*) filter (regexp_matches(line, '[\\x13\\x19\\x1c-\\x1e]')),
            count(*) filter (regexp_matches(line, '[^\\x00-\\x7f]'))
        from raw.msd_mismatches
        """
    ).fetchall()
    empty_left = 19_094 - 5_753 + 1
    assert counts == [(18_972, 18_913, 5_753, empty_left, 0, 56, 1_044)]
    repeated = raw.execute(
        "select count(*) from (select track_id from raw.msd_mismatches "
        "group by track_id having count(*) > 1)"
    ).fetchall()
    assert repeated == [(116,)]


def test_ids_of_the_real_mismatch_list_stand_at_fixed_bytes(raw, real: Path) -> None:
    path = real / "msd" / "sid_mismatches.txt"
    load(raw, lists.mismatches(path))
    expected = [
        (number, line[8:26].decode(), line[27:45].decode())
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1)
    ]
    found = raw.execute(
        "select line_number, song_id, track_id from raw.msd_mismatches order by 1"
    ).fetchall()
    assert found == expected
