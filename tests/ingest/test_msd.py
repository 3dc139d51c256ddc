import errno
import math
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from ingest import msd, msd_file
from ingest.errors import IngestError
from ingest.load import load
from ingest.text import CUT_CHARACTER, CUT_PUNCTUATION
from lyre.filenames import shown

_NONE_IF_NOT_POSITIVE = {
    "track_7digitalid",
    "release_7digitalid",
    "artist_7digitalid",
    "artist_playmeid",
    "year",
    "analysis_sample_rate",
}


def _songs(raw, columns: str = "track_id") -> list[tuple]:
    return raw.execute(f"select {columns} from raw.msd_songs order by rowid").fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select path, position, reason from raw.rows_set_aside order by path, position"
    ).fetchall()


def _error(paths: list[Path]) -> str:
    with pytest.raises(IngestError) as caught:
        msd.source(paths)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.field_report("R39")
def test_text_is_text_and_missing_values_are_null(raw, write_songs) -> None:
    """No ``b'``, no padding, empty text and NaN are NULL."""
    path = write_songs(
        "summary.h5",
        [
            {
                "artist_name": "Sigur Rós".encode(),
                "title": b"Don\x19t",
                "song_id": b"SO" + b"A" * 16,
                "year": 1999,
                "track_7digitalid": 42,
                "artist_playmeid": -1,
                "song_hotttnesss": math.nan,
                "artist_latitude": math.nan,
                "artist_longitude": -21.9,
                "tempo": 0.0,
                "duration": 12.5,
                "key": 0,
                "mode": 1,
                "energy": 0.0,
            },
            {"track_7digitalid": 0, "key": -1, "energy": 0.5, "tempo": math.inf},
        ],
    )
    outcome = load(raw, msd.source([path]))
    assert outcome.rows == 2
    assert outcome.repairs == {CUT_PUNCTUATION: 1}
    columns = (
        "artist_name, title, song_id, year, track_7digitalid, artist_playmeid, "
        "song_hotttnesss, artist_latitude, artist_longitude, tempo, duration, key, "
        "mode, energy, release, source_file"
    )
    assert _songs(raw, columns) == [
        (
            *("Sigur Rós", "Don\u2019t", "SO" + "A" * 16, 1999, 42, None, None, None),
            *(-21.9, 0.0, 12.5, 0, 1, None, None, str(path)),
        ),
        (
            *(None, None, None, None, None, None, 0.0, 0.0),
            *(0.0, None, 0.0, None, 0, 0.5, None, str(path)),
        ),
    ]


def test_text_that_fills_its_field_or_is_not_utf8(raw, write_songs) -> None:
    cut = ("x" * 1023 + "é").encode()[:1024]
    path = write_songs("s.h5", [{"title": cut, "release": b"Caf\xe9 noir"}])
    load(raw, msd.source([path]))
    assert _songs(raw, "title, release") == [("x" * 1023, "Café noir")]


def test_text_is_cut_at_the_width_of_its_own_file(raw, write_songs) -> None:
    """The songs of many files are converted together."""
    paths = []
    for width in (8, 1024):
        path = write_songs(f"{width}.h5", [{"track_id": b"TR%016d" % width}])
        title = ("x" * (width - 1) + "é").encode()[:width]
        with h5py.File(path, "r+") as file:
            songs = file["metadata/songs"][:]
            kinds = {name: songs.dtype[name] for name in songs.dtype.names}
            kinds["title"] = np.dtype(f"S{width}")
            songs = songs.astype(list(kinds.items()))
            songs["title"] = title
            del file["metadata/songs"]
            file["metadata/songs"] = songs
        paths.append(path)
    outcome = load(raw, msd.source(paths))
    assert outcome.repairs == {CUT_CHARACTER: 2}
    assert _songs(raw, "title") == [("x" * 7,), ("x" * 1023,)]


def test_more_rows_than_a_chunk(raw, write_songs, monkeypatch) -> None:
    monkeypatch.setattr(msd_file, "CHUNK_ROWS", 7)
    path = write_songs("s.h5", [{"year": 1900 + number} for number in range(40)])
    assert load(raw, msd.source([path])).rows == 40
    assert [year for (year,) in _songs(raw, "year")] == list(range(1900, 1940))


def test_lists_of_an_aggregate_file_go_to_their_songs(
    raw, write_songs, monkeypatch
) -> None:
    monkeypatch.setattr(msd_file, "CHUNK_ROWS", 2)
    path = write_songs(
        "aggregate.h5",
        [
            {"idx_artist_terms": 0, "idx_artist_mbtags": 0},
            {"idx_artist_terms": 2, "idx_artist_mbtags": 0},
            {"idx_artist_terms": 2, "idx_artist_mbtags": 1},
        ],
        {
            "metadata/artist_terms": [b"jazz", b"soul", "r\u00f3s".encode()],
            "metadata/artist_terms_freq": [1.0, 0.5, 0.25],
            "metadata/artist_terms_weight": [0.9, 0.8, math.nan],
            "musicbrainz/artist_mbtags": [b"uk", b"usa"],
            "musicbrainz/artist_mbtags_count": [1, 2],
        },
    )
    load(raw, msd.source([path]))
    first, second, third = (track for (track,) in _songs(raw))
    terms = raw.execute("select * from raw.msd_artist_terms order by all").fetchall()
    assert terms == [
        (first, 1, "jazz", 1.0, 0.9),
        (first, 2, "soul", 0.5, 0.8),
        (third, 1, "rós", 0.25, None),
    ]
    tags = raw.execute("select * from raw.msd_artist_mbtags order by all").fetchall()
    assert tags == [(second, 1, "uk", 1), (third, 1, "usa", 2)]


def test_progress_counts_songs_of_files_and_files_of_folders(
    raw, write_songs, capsys: pytest.CaptureFixture[str]
) -> None:
    named = write_songs("named.h5", [{}] * 9)
    load(raw, msd.source([named]))
    assert "songs: 9 of 9 songs" in capsys.readouterr().err
    many = write_songs("tree/aggregate.h5", [{}] * 150)
    write_songs("tree/song.h5", [{}])
    (many.parent / "bad.h5").write_text("not a song")
    load(raw, msd.source([named, many.parent]))
    assert "files of songs: 3 of 3 files" in capsys.readouterr().err


def test_lists_out_of_range_are_refused(raw, write_songs) -> None:
    songs = [{"idx_artist_terms": 5}]
    path = write_songs("s.h5", songs, {"metadata/artist_terms": [b"jazz"]})
    with pytest.raises(IngestError, match="idx_artist_terms points outside"):
        load(raw, msd.source([path]))


def test_row_without_a_track_id_is_set_aside(raw, write_songs) -> None:
    path = write_songs("s.h5", [{}, {"track_id": b""}, {"track_id": b"tr1"}])
    assert load(raw, msd.source([path])).rows == 1
    reason = "track_id is no MSD track id"
    assert _aside(raw) == [(str(path), "2", reason), (str(path), "3", reason)]


def test_track_repeated_in_one_file_stays(raw, write_songs) -> None:
    song = {"track_id": b"TR" + b"A" * 16}
    path = write_songs("s.h5", [song, song])
    assert load(raw, msd.source([path])).rows == 2


def test_song_in_two_files_is_taken_from_the_first(raw, write_songs) -> None:
    summary = write_songs("summary.h5", [{}, {}])
    terms = {"metadata/artist_terms": [b"jazz"]}
    song = write_songs("tree/A/song.h5", [{}], terms)
    outcome = load(raw, msd.source([summary, song.parent, song]))
    assert outcome.rows == 2
    assert _aside(raw) == [(str(song), None, "song loaded from another file")]
    assert raw.execute("select count(*) from raw.msd_artist_terms").fetchall() == [(1,)]


def _broken_tree(write_songs) -> dict[str, Path]:
    whole = [write_songs(f"tree/A/{name}.h5", [{}]) for name in "abc"]
    cut = whole[0].with_name("cut.h5")
    cut.write_bytes(whole[0].read_bytes()[: whole[0].stat().st_size // 2])
    empty = whole[0].with_name("empty.h5")
    empty.write_bytes(b"")
    text = whole[0].with_name("text.h5")
    text.write_text("<html>404</html>")
    pointer = whole[0].with_name("pointer.h5")
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    link = whole[0].with_name("link.h5")
    link.symlink_to("nowhere")
    other = whole[0].with_name("other.h5")
    with h5py.File(other, "w") as file:
        file["default"] = [1.0]
    return {
        "the file is truncated": cut,
        "the file is empty": empty,
        "this is not an HDF5 file": text,
        "this is a git-LFS pointer": pointer,
        "the file cannot be read: No such file": link,
        "there is no table /metadata/songs": other,
    }


@pytest.mark.field_report("R40")
def test_bad_files_of_a_tree_are_listed_and_the_others_load(raw, write_songs) -> None:
    """A song file without terms is a good one."""
    bad = _broken_tree(write_songs)
    tree = next(iter(bad.values())).parents[1]
    for number, good in enumerate(sorted(tree.rglob("?.h5"))):
        with h5py.File(good, "r+") as file:
            rows = file["analysis/songs"][:]
            rows["track_id"] = b"TRAAAAAAAAAAAAAAA%d" % number
            file["analysis/songs"][:] = rows
    outcome = load(raw, msd.source([tree]))
    assert outcome.rows == 3
    listed = {path: reason for path, _, reason in _aside(raw)}
    assert set(listed) == {str(path) for path in bad.values()}
    for reason, path in bad.items():
        assert listed[str(path)].startswith(reason)
    assert len(outcome.bad_files) == len(bad)

    shutil.copy(tree / "A" / "a.h5", bad["the file is truncated"])
    repaired = load(raw, msd.source([tree]))
    assert (repaired.status, len(repaired.bad_files)) == ("done", len(bad) - 1)


def test_a_named_bad_file_is_an_error(write_songs) -> None:
    for reason, path in _broken_tree(write_songs).items():
        expected = "no such file" if path.is_symlink() else reason
        message = _error([path])
        assert message.startswith(f"{path}: ")
        assert expected in message


def _damage(path: Path, number: int) -> None:
    """Overwrite a chunk of 37 songs."""
    with h5py.File(path) as file:
        chunk = file["metadata/songs"].id.get_chunk_info(number)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + chunk.size] = bytes(chunk.size)
    path.write_bytes(content)


def test_damage_found_in_the_middle_takes_the_whole_file_back(
    raw, write_songs, monkeypatch
) -> None:
    monkeypatch.setattr(msd_file, "CHUNK_ROWS", 37)
    terms = {"metadata/artist_terms": [b"jazz"]}
    bad = write_songs("tree/bad.h5", [{} for _ in range(200)], terms)
    write_songs("tree/good.h5", [{"track_id": b"TR" + b"A" * 16}])
    _damage(bad, 4)
    outcome = load(raw, msd.source([bad.parent]))
    assert _songs(raw) == [("TR" + "A" * 16,)]
    assert outcome.bad_files[0][1].startswith("the file is damaged")
    assert raw.execute("select count(*) from raw.msd_artist_terms").fetchall() == [(0,)]
    with pytest.raises(IngestError, match="the file is damaged"):
        load(raw, msd.source([bad]))
    assert _songs(raw) == [("TR" + "A" * 16,)]


@pytest.mark.parametrize("damaged", [0, 2, 4])
def test_damage_takes_no_lists_that_came_from_other_files(
    raw, write_songs, monkeypatch, damaged: int
) -> None:
    """The first and the third file hold songs, and so artists, of the second, too."""
    monkeypatch.setattr(msd_file, "CHUNK_ROWS", 37)
    ids = [b"TR%016d" % number for number in range(1, 201)]

    def write(name: str, rows: int, first: int, terms: list[bytes]) -> Path:
        # The first song has all values, the others begin behind the last of them.
        behind = {"idx_artist_terms": len(terms), "idx_artist_mbtags": 1}
        songs = [{"track_id": ids[first + row], **behind} for row in range(rows)]
        songs[0] = {"track_id": ids[first]}
        arrays = {
            "metadata/artist_terms": terms,
            "musicbrainz/artist_mbtags": [name.encode()],
        }
        return write_songs(f"tree/{name}.h5", songs, arrays)

    write("a", 37, 0, [b"jazz", b"soul"])
    bad = write("b", 200, 0, [b"jazz", b"soul", b"broken"])
    write("c", 3, 40, [b"pop"])
    _damage(bad, damaged)
    outcome = load(raw, msd.source([bad.parent]))
    assert [path for path, _ in outcome.bad_files] == [str(bad)]
    assert outcome.rows == 37 + 3
    terms = "select track_id, position, term from raw.msd_artist_terms order by all"
    assert raw.execute(terms).fetchall() == [
        (ids[0].decode(), 1, "jazz"),
        (ids[0].decode(), 2, "soul"),
        (ids[40].decode(), 1, "pop"),
    ]
    tags = "select track_id, tag from raw.msd_artist_mbtags order by all"
    assert raw.execute(tags).fetchall() == [
        (ids[0].decode(), "a"),
        (ids[40].decode(), "c"),
    ]


def test_missing_field_and_wrong_type_are_named(write_songs) -> None:
    message = _error([write_songs("s.h5", [{}], lacking=["title"])])
    assert "/metadata/songs has no field title" in message
    path = write_songs("t.h5", [{}])
    with h5py.File(path, "r+") as file:
        del file["musicbrainz/songs"]
        file["musicbrainz/songs"] = [(b"1999",)]
    assert "no table /musicbrainz/songs" in _error([path])
    with h5py.File(path, "r+") as file:
        del file["musicbrainz/songs"]
        file.create_dataset("musicbrainz/songs", (1,), [("year", "S4")])
    assert "field year of /musicbrainz/songs holds |S4" in _error([path])


def test_tables_of_different_length_are_refused(write_songs) -> None:
    path = write_songs("s.h5", [{}, {}])
    with h5py.File(path, "r+") as file:
        file["analysis/songs"].resize((1,))
    message = _error([path])
    assert "differ in their number of rows" in message
    assert "/analysis/songs 1" in message


def test_tables_without_rows_are_refused(write_songs) -> None:
    assert "hold no songs" in _error([write_songs("s.h5", [])])


def test_missing_file_and_empty_folder_name_the_key(tmp_path: Path) -> None:
    assert "sources.msd" in _error([tmp_path / "none.h5"])
    assert "holds no HDF5 file" in _error([tmp_path])


def test_a_tree_of_bad_files_alone_is_an_error(raw, tmp_path: Path) -> None:
    (tmp_path / "bad.h5").write_text("text")
    with pytest.raises(IngestError, match="no song could be read of 1 file"):
        load(raw, msd.source([tmp_path]))


_HOLD = """
import sys, h5py
with h5py.File(sys.argv[1], "a"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.field_report("R42")
def test_locked_file_is_told_and_others_load(raw, write_songs) -> None:
    """A file that another process has open to write."""
    locked = write_songs("tree/locked.h5", [{}])
    write_songs("tree/other.h5", [{"track_id": b"TR" + b"A" * 16}])
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(locked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        outcome = load(raw, msd.source([locked.parent]))
        message = _error([locked])
        holder.communicate()
    reason = "another program has the file open to write"
    assert outcome.bad_files == [(str(locked), reason)]
    assert outcome.rows == 1
    assert reason in message
    assert msd_file.count_rows(locked) == 1


@pytest.mark.field_report("R42")
def test_read_only_tree_is_read(raw, write_songs) -> None:
    """Nothing is written beside the sources."""
    path = write_songs("tree/a.h5", [{}])
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert load(raw, msd.source([path.parent])).rows == 1
    finally:
        path.parent.chmod(stat.S_IRWXU)


def test_name_that_is_not_utf8(raw, write_songs, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    path = write_songs("s.h5", [{}])
    target = Path(str(folder).encode().decode() + "/caf\udce9.h5")
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EILSEQ:
            raise
        pytest.skip("this file system takes UTF-8 names only")
    load(raw, msd.source([folder]))
    assert _songs(raw, "source_file") == [(f"{folder}/caf\\xe9.h5",)]
    assert shown(target).endswith("caf\\xe9.h5")


def _expected(name: str, value) -> object:
    """Apply the documented rule of a column to a value that h5py read."""
    if isinstance(value, bytes):
        text = value.decode()
        marks = {code: 0x2000 + code for code in range(0x13, 0x1F)}
        return text.translate(marks) or None
    if isinstance(value, float):
        never_zero = name in {"danceability", "energy"} and value == 0
        return None if math.isnan(value) or never_zero else value
    return None if name in _NONE_IF_NOT_POSITIVE and value <= 0 else value


def test_every_scalar_of_the_real_song_files(raw, real: Path) -> None:
    folder = real / "msd" / "songs"
    assert load(raw, msd.source([folder])).rows == 19
    columns = [
        column for column, *_ in raw.execute("describe raw.msd_songs").fetchall()
    ]
    rows = _songs(raw, ", ".join(columns))
    by_file = {row[-1]: dict(zip(columns, row, strict=True)) for row in rows}
    compared = 0
    for path in folder.glob("*.h5"):
        found = by_file[str(path)]
        with h5py.File(path) as file:
            for group in ("metadata", "analysis", "musicbrainz"):
                row = file[f"{group}/songs"][0]
                for name in set(row.dtype.names) & set(columns):
                    assert found[name] == _expected(name, row[name].item()), name
                    compared += 1
    assert compared == 19 * (len(columns) - 1)


def test_facts_of_the_real_song_files(raw, real: Path) -> None:
    load(raw, msd.source([real / "msd" / "songs"]))
    short = "select duration, tempo from raw.msd_songs where track_id = ?"
    (duration, tempo), *_ = raw.execute(short, ["TRBDXOD128F422C47B"]).fetchall()
    assert (round(duration, 4), tempo) == (1.2273, 0.0)
    (named,) = raw.execute(
        "select track_id from raw.msd_songs where source_file like '%devanrichter%'"
    ).fetchall()
    assert named == ("TRAXLZU12903D05F94",)


def test_lists_of_the_real_song_files(raw, real: Path) -> None:
    folder = real / "msd" / "songs"
    load(raw, msd.source([folder]))
    expected = []
    for path in folder.glob("*.h5"):
        with h5py.File(path) as file:
            track = file["analysis/songs"][0]["track_id"].decode()
            terms = file["metadata/artist_terms"][:]
            weights = file["metadata/artist_terms_weight"][:]
            expected += [
                (track, position, term.decode(), weight)
                for position, (term, weight) in enumerate(
                    zip(terms, weights, strict=True), start=1
                )
            ]
    found = raw.execute(
        "select track_id, position, term, weight from raw.msd_artist_terms"
    ).fetchall()
    assert sorted(found) == sorted(expected)


def test_real_broken_files_give_a_sentence_each(real: Path) -> None:
    broken = sorted((real / "msd" / "broken").iterdir())
    assert len(broken) == 4
    for path in broken:
        assert _error([path]).startswith(f"{path}: ")


def _link(file: h5py.File, other: Path) -> None:
    del file["metadata"]
    file["metadata"] = h5py.ExternalLink(other, "/metadata")


def _link_a_list(file: h5py.File, other: Path) -> None:
    if "artist_terms" in file["metadata"]:
        del file["metadata/artist_terms"]
    file["metadata/artist_terms"] = h5py.ExternalLink(other, "/metadata/songs")


def _store_outside(file: h5py.File, other: Path) -> None:
    table = file["metadata/songs"]
    dtype, shape = table.dtype, table.shape
    del file["metadata/songs"]
    file["metadata"].create_dataset(
        "songs", shape, dtype, external=[(str(other), 0, h5py.h5f.UNLIMITED)]
    )


def _map_virtually(file: h5py.File, other: Path) -> None:
    table = file["metadata/songs"]
    layout = h5py.VirtualLayout(table.shape, table.dtype)
    layout[:] = h5py.VirtualSource(other, "metadata/songs", table.shape, table.dtype)
    del file["metadata/songs"]
    file["metadata"].create_virtual_dataset("songs", layout)


@pytest.mark.parametrize(
    "change", [_link, _link_a_list, _store_outside, _map_virtually]
)
def test_a_file_cannot_take_its_values_from_another(
    raw, write_songs, change: Callable[[h5py.File, Path], None]
) -> None:
    other = write_songs("other.h5", [{"title": b"hush"}])
    path = write_songs("songs.h5", [{"title": b"own"}])
    with h5py.File(path, "a") as file:
        change(file, other)
    with pytest.raises(IngestError, match="lies in another file"):
        load(raw, msd.source([path]))
    assert _songs(raw) == []


def _type(group: h5py.Group, name: str) -> None:
    group[name] = np.dtype("S8")


def _group(group: h5py.Group, name: str) -> None:
    group.create_group(name)


def _one_value(group: h5py.Group, name: str) -> None:
    group.create_dataset(name, (), np.dtype([("title", "S8")]))


def _nothing(group: h5py.Group, name: str) -> None:
    group[name] = h5py.Empty(np.dtype([("title", "S8")]))


@pytest.mark.parametrize("put", [_type, _group, _one_value, _nothing])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("songs", "there is no table /metadata/songs"),
        ("artist_terms", "/metadata/artist_terms is no list of values"),
        ("artist_terms_freq", "/metadata/artist_terms_freq is no list of values"),
    ],
)
def test_another_object_under_the_name_of_a_list_is_refused(
    raw, write_songs, put: Callable[[h5py.Group, str], None], name: str, told: str
) -> None:
    terms = {"metadata/artist_terms": [b"jazz"], "metadata/artist_terms_freq": [1.0]}
    path = write_songs("songs.h5", [{"title": b"own"}], terms)
    with h5py.File(path, "a") as file:
        del file[f"metadata/{name}"]
        put(file["metadata"], name)
    with pytest.raises(IngestError, match=told):
        load(raw, msd.source([path]))
    assert _songs(raw) == []
