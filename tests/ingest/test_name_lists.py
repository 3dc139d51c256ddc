from pathlib import Path

import pytest

from ingest import name_lists
from ingest.errors import IngestError
from ingest.load import load

_TRACK, _SONG, _ARTIST = (name + "A" * 16 for name in ("TR", "SO", "AR"))


def _write(tmp_path: Path, *lines: bytes, name: str = "list.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def _rows(raw, table: str) -> list[tuple]:
    return raw.execute(f"select * from raw.{table} order by rowid").fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason from raw.rows_set_aside order by position::int"
    ).fetchall()


def test_unique_tracks(raw, tmp_path: Path) -> None:
    ids = f"{_TRACK}<SEP>{_SONG}"
    path = _write(
        tmp_path,
        f"{ids}<SEP>Sigur Rós<SEP>Don\x19t; never\x1cmind".encode(),
        f"{ids}<SEP>a<SEP>".encode(),
        b"",
        f"{_TRACK};{_SONG};a b;c".encode(),
        f"{_TRACK};{_SONG};a;b;c".encode(),
        f"{ids}<SEP>a<SEP>b<SEP>c".encode(),
        f"{ids}<SEP>a".encode(),
        f"{_SONG}<SEP>{_TRACK}<SEP>a<SEP>b".encode(),
    )
    assert load(raw, name_lists.unique_tracks(path)).rows == 3
    assert _rows(raw, "msd_unique_tracks") == [
        (1, _TRACK, _SONG, "Sigur Rós", "Don\u2019t; never\u201cmind"),
        (2, _TRACK, _SONG, "a", None),
        (4, _TRACK, _SONG, "a b", "c"),
    ]
    form = "line is not 'TRACK<SEP>SONG<SEP>artist<SEP>title'"
    assert _aside(raw) == [
        ("5", "names are ambiguous, as they hold ';'"),
        ("6", "names are ambiguous, as they hold '<SEP>'"),
        ("7", form),
        ("8", form),
    ]


def test_unique_artists(raw, tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        f"{_ARTIST}<SEP>9dfe78a6<SEP>{_TRACK}<SEP>Björk".encode(),
        f"{_ARTIST}<SEP><SEP>{_TRACK}<SEP>b".encode(),
        f"{_TRACK}<SEP><SEP>{_TRACK}<SEP>b".encode(),
    )
    load(raw, name_lists.unique_artists(path))
    assert _rows(raw, "msd_unique_artists") == [
        (1, _ARTIST, "9dfe78a6", _TRACK, "Björk"),
        (2, _ARTIST, None, _TRACK, "b"),
    ]
    assert [position for position, _ in _aside(raw)] == ["3"]


def test_cliques_of_several_files(raw, tmp_path: Path) -> None:
    other = "TR" + "B" * 16
    first = _write(
        tmp_path,
        b"# TRAINING SET",
        b"%115402,74782, Putty (In Your Hands)",
        f"{_TRACK}<SEP>{_ARTIST}<SEP>74784".encode(),
        f"{other}<SEP>{_ARTIST}<SEP>-1".encode(),
        b"%-3, 1, 2, 3",
        f"{_TRACK}<SEP>{_ARTIST}".encode(),
    )
    second = _write(
        tmp_path,
        f"{_TRACK}<SEP>{_ARTIST}<SEP>1".encode(),
        b"%what",
        f"{other}<SEP>{_ARTIST}<SEP>1".encode(),
        b"TRshort<SEP>x<SEP>1",
        f"{other}<SEP>{_ARTIST}<SEP>x".encode(),
        name="test.txt",
    )
    assert load(raw, name_lists.cliques([first, second])).rows == 4
    one, two = str(first), str(second)
    assert _rows(raw, "msd_cliques") == [
        (1, [115402, 74782], "Putty (In Your Hands)", 1, _TRACK, _ARTIST, 74784, one),
        (1, [115402, 74782], "Putty (In Your Hands)", 2, other, _ARTIST, -1, one),
        (2, [-3], "1, 2, 3", 1, _TRACK, _ARTIST, None, one),
        (3, None, None, 1, other, _ARTIST, 1, two),
    ]
    assert [position for position, _ in _aside(raw)] == ["1", "2", "4", "5"]


def test_unique_tags(raw, tmp_path: Path) -> None:
    lines = (
        b"rock\t101071",
        b"\xef\xbc\xb2ock",
        b"a\tb\t7",
        b"Caf\xe9\t1",
        b"",
        b"80s",
    )
    load(raw, name_lists.unique_tags(_write(tmp_path, *lines)))
    assert _rows(raw, "lastfm_unique_tags") == [
        (1, "rock", "rock", 101_071),
        (2, "\uff32ock", "rock", None),
        (3, "a\tb", "a\tb", 7),
        (6, "80s", "80s", None),
    ]
    assert _aside(raw) == [("4", "tag is not valid UTF-8")]


@pytest.mark.parametrize(
    "find",
    [
        name_lists.unique_tracks,
        name_lists.unique_artists,
        lambda path: name_lists.cliques([path]),
    ],
)
def test_a_file_of_something_else_is_refused(raw, tmp_path: Path, find) -> None:
    path = _write(tmp_path, b"<html>", b"404")
    with pytest.raises(IngestError, match="no line has the form wanted"):
        load(raw, find(path))


@pytest.mark.parametrize(
    ("find", "key"),
    [
        (name_lists.unique_tracks, "unique_tracks"),
        (name_lists.unique_artists, "unique_artists"),
        (name_lists.unique_tags, "unique_tags"),
        (lambda path: name_lists.cliques([path]), "cliques"),
    ],
)
def test_missing_list_names_its_key(tmp_path: Path, find, key: str) -> None:
    with pytest.raises(IngestError, match=rf"no such file.*sources\.{key}"):
        find(tmp_path / "none.txt")


def test_real_unique_tracks(raw, real: Path) -> None:
    path = real / "msd" / "unique_tracks_first_5000.txt"
    outcome = load(raw, name_lists.unique_tracks(path))
    assert (outcome.rows, outcome.set_aside) == (5_000, {})
    expected = [
        tuple(line.split("<SEP>"))
        for line in path.read_bytes().decode().split("\n")[:-1]
    ]
    rows = raw.execute(
        "select track_id, song_id, coalesce(artist_name, ''), coalesce(title, '') "
        "from raw.msd_unique_tracks order by line_number"
    ).fetchall()
    plain = [row for row in expected if "".join(row).isprintable()]
    assert len(plain) > 4_900
    stripped = {tuple(field.strip() for field in row) for row in plain}
    assert stripped <= set(rows)


def test_real_unique_tracks_with_semicolons(raw, real: Path) -> None:
    path = real / "msd" / "subset_unique_tracks_semicolon.txt"
    outcome = load(raw, name_lists.unique_tracks(path))
    assert outcome.rows == 10_000 - 38
    assert outcome.set_aside == {"names are ambiguous, as they hold ';'": 38}


def test_real_unique_artists(raw, real: Path) -> None:
    path = real / "msd" / "subset_unique_artists.txt"
    outcome = load(raw, name_lists.unique_artists(path))
    assert (outcome.rows, outcome.set_aside) == (3_888, {})
    counts = raw.execute(
        "select count(*) filter (artist_mbid is null), count(distinct artist_id) "
        "from raw.msd_unique_artists"
    ).fetchall()
    assert counts == [(399, 3_888)]


def test_real_cliques(raw, real: Path) -> None:
    path = real / "msd" / "shs_dataset_test.txt"
    outcome = load(raw, name_lists.cliques([path]))
    assert (outcome.rows, outcome.set_aside) == (5_236, {})
    counts = raw.execute(
        "select count(distinct clique_number), max(clique_number), "
        "count(*) filter (work_ids is null or clique_title is null) "
        "from raw.msd_cliques"
    ).fetchall()
    assert counts == [(1_726, 1_726, 0)]
    first = raw.execute("select * from raw.msd_cliques limit 2").fetchall()
    assert [row[:7] for row in first] == [
        (
            *(1, [115402, 74782], "Putty (In Your Hands)", 1),
            *("TRJVDMI128F4281B99", "AR46LG01187B98DB5D", 74784),
        ),
        (
            *(1, [115402, 74782], "Putty (In Your Hands)", 2),
            *("TRNJXCO128F92E1930", "ARQD13K1187B98E441", 138584),
        ),
    ]


def test_real_tag_spellings(raw, real: Path) -> None:
    path = real / "msd" / "subset_unique_terms.txt"
    assert load(raw, name_lists.unique_tags(path)).rows == 3_502
