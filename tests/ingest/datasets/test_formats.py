import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.datasets.load import source
from ingest.errors import IngestError
from ingest.load import load


def _write(path: Path, *rows: Sequence[str], end: str = "\r\n") -> Path:
    path.write_bytes("".join("\t".join(row) + end for row in rows).encode())
    return path


def _tracks(raw, columns: str = "*") -> list[tuple]:
    return raw.execute(
        f"select {columns} from raw.dataset_tracks order by source, track_id"
    ).fetchall()


def _tags(raw, columns: str = "track_id, category, tag, weight") -> list[tuple]:
    return raw.execute(
        f"select {columns} from raw.dataset_tags order by all"
    ).fetchall()


def _aside(raw) -> list[tuple]:
    return raw.execute(
        "select position, reason from raw.rows_set_aside order by position::int, reason"
    ).fetchall()


_HEADER = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")


def test_jamendo(raw, tmp_path: Path) -> None:
    one = ("track_1", "artist_1", "album_1", "01/1.mp3", "212.7")
    two = ("track_2", "artist_1", "album_2", "02/2.mp3", "x")
    train = _write(
        tmp_path / "autotagging-train.tsv",
        _HEADER,
        (*one, "genre---Rock", 'mood/theme---"calm"', ""),
        ("track_3", "artist_1"),
    )
    test = _write(tmp_path / "autotagging-test.tsv", _HEADER, (*two, "plain"))
    outcome = load(raw, source("jamendo", [train, test], "jamendo"))
    assert outcome.rows == 2 + 3
    assert _tracks(raw) == [
        ("jamendo", one[0], one[1], None, one[2], None, None, one[3], 212.7, "train"),
        ("jamendo", two[0], two[1], None, two[2], None, None, two[3], None, "test"),
    ]
    assert _tags(raw, "source, track_id, category, tag, tag_nfkc, weight") == [
        ("jamendo", "track_1", "genre", "Rock", "rock", None),
        ("jamendo", "track_1", "mood/theme", '"calm"', '"calm"', None),
        ("jamendo", "track_2", None, "plain", "plain", None),
    ]
    assert _aside(raw) == [
        ("2", "duration is no number of seconds"),
        ("3", "2 columns, not 5"),
    ]


def test_jamendo_tables_of_one_data_set_are_united(raw, tmp_path: Path) -> None:
    facts = ("track_1", "artist_1", "album_1", "01/1.mp3", "10.5")
    _write(tmp_path / "a.tsv", _HEADER, (*facts, "genre---rock"))
    _write(tmp_path / "b-validation.tsv", _HEADER, (*facts, "genre---rock", "x---y"))
    _write(tmp_path / "c-train.tsv", _HEADER, (*facts, "x---z"))
    _write(
        tmp_path / "raw.meta.tsv",
        (
            "TRACK_ID",
            "ARTIST_ID",
            "ALBUM_ID",
            "TRACK_NAME",
            "ARTIST_NAME",
            "ALBUM_NAME",
        ),
        ("track_1", "artist_1", "album_1", "Song", "Sigur Rós", "Takk..."),
    )
    load(raw, source("jamendo", [tmp_path], "jamendo"))
    assert _tracks(raw, "artist_name, album_name, title, path, split") == [
        ("Sigur Rós", "Takk...", "Song", "01/1.mp3", "validation")
    ]
    assert [tag[1:3] for tag in _tags(raw)] == [
        ("genre", "rock"),
        ("x", "y"),
        ("x", "z"),
    ]
    reason = "split differs from that of an earlier line, which counts"
    assert _aside(raw) == [("2", reason)]


def test_real_jamendo(raw, real: Path) -> None:
    files = sorted((real / "jamendo").glob("autotagging_moodtheme-*.tsv"))
    load(raw, source("jamendo", files, "jamendo"))
    expected_tracks, expected_tags = {}, set()
    for path in files:
        split = path.stem.rpartition("-")[2]
        for line in path.read_bytes().decode().split("\r\n")[1:]:
            if line:
                track, artist, album, place, seconds, *tags = line.split("\t")
                facts = (artist, album, place, float(seconds), split)
                expected_tracks[track] = facts
                expected_tags |= {(track, *tag.split("---")) for tag in tags}
    columns = "track_id, artist_id, album_id, path, duration, split"
    assert {row[0]: row[1:] for row in _tracks(raw, columns)} == expected_tracks
    assert set(_tags(raw, "track_id, category, tag")) == expected_tags
    assert len(_tags(raw)) == len(expected_tags)
    assert _aside(raw) == []
    listed = (real / "jamendo" / "moodtheme.txt").read_text().split()
    assert {f"{category}---{tag}" for _, category, tag in expected_tags} <= set(listed)


def test_magnatagatune(raw, tmp_path: Path) -> None:
    def quoted(*fields: str) -> list[str]:
        return [f'"{field}"' for field in fields]

    _write(
        tmp_path / "annotations_final.csv",
        quoted("clip_id", "no voice", "singer", "mp3_path"),
        quoted("2", "1", "0", "f/a-1.mp3"),
        quoted("6", "0", "1", "0/b-1.mp3"),
        quoted("7", "0", "2", "c/b-2.mp3"),
        quoted("8", "0", "1"),
        end="\n",
    )
    _write(
        tmp_path / "clip_info_final.csv",
        quoted(
            *("clip_id", "track_number", "title", "artist", "album", "url"),
            *("segmentStart", "segmentEnd", "original_url", "mp3_path"),
        ),
        quoted(
            "2", "1", "BWV54", "American Bach", "J.S. Bach", "u", "30", "59", "u", ""
        ),
        end="\n",
    )
    (tmp_path / "comparisons_final.csv").write_text("other")
    load(raw, source("magnatagatune", [tmp_path], "mtat"))
    columns = "track_id, artist_name, album_name, title, path, duration, split"
    assert _tracks(raw, columns) == [
        ("2", "American Bach", "J.S. Bach", "BWV54", "f/a-1.mp3", 29.0, "test"),
        ("6", None, None, None, "0/b-1.mp3", None, "train"),
        ("7", None, None, None, "c/b-2.mp3", None, "validation"),
    ]
    assert [tag[0::2] for tag in _tags(raw)] == [("2", "no voice"), ("6", "singer")]
    assert _aside(raw) == [
        ("4", "value of a tag is not 0 or 1"),
        ("5", "3 columns, not 4"),
    ]


_FMA_HEAD = [
    ["", "album", "album", "artist", "artist", "set", *["track"] * 6],
    [
        *("", "id", "title", "id", "name", "split", "duration", "genre_top"),
        *("genres", "genres_all", "tags", "title"),
    ],
    ["track_id", *[""] * 11],
]


def _write_fma(folder: Path, *rows: Sequence[str]) -> Path:
    path = folder / "tracks.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*_FMA_HEAD, *rows])
    return path


def test_fma(raw, tmp_path: Path) -> None:
    folder = tmp_path / "fma_metadata"
    folder.mkdir()
    _write_fma(
        folder,
        [
            *("2", "1", "AWOL - A Way\nOf Life", "1", "AWOL", "training", "168"),
            *("Hip-Hop", "[21, 5]", "[21, 5, 38]", "['lo, fi', \"it's\", 'lo, fi']"),
            "Food",
        ],
        *(
            ["155066", "", "", "9", "x", "validation", "30", "", "[]", "[]", "[]", ""],
            [
                "3",
                "1",
                "a",
                "1",
                "b",
                "training",
                "1",
                "",
                "[99]",
                "no list",
                "[]",
                "t",
            ],
            ["x", *[""] * 11],
            ["4", "1"],
        ),
    )
    (folder / "genres.csv").write_text(
        "genre_id,#tracks,parent,title,top_level\n"
        "21,1,38,Hip-Hop,21\n5,1,0,Classical,5\n38,1,0,Experimental,38\n"
    )
    load(raw, source("fma", [folder], "fma"))
    columns = (
        "track_id, artist_id, artist_name, album_id, album_name, title, path, "
        "duration, split"
    )
    assert _tracks(raw, columns)[:2] == [
        (
            *("155066", "9", "x", None, None, None),
            *("155/155066.mp3", 30.0, "validation"),
        ),
        (
            *("2", "1", "AWOL", "1", "AWOL - A Way\nOf Life", "Food"),
            *("000/000002.mp3", 168.0, "train"),
        ),
    ]
    assert [tag for tag in _tags(raw) if tag[0] == "2"] == [
        ("2", "genre", "Classical", None),
        ("2", "genre", "Hip-Hop", None),
        ("2", "genre_parent", "Experimental", None),
        ("2", "tag", "it's", None),
        ("2", "tag", "lo, fi", None),
    ]
    # The first row of the body takes two lines.
    assert _aside(raw) == [
        ("7", "cell is no list of whole numbers"),
        ("7", "genre is not in genres.csv"),
        ("8", "track_id is no whole number"),
        ("9", "2 columns, not 12"),
    ]


@pytest.mark.parametrize(
    ("genres", "tags", "reason"),
    [
        ("[[21]]", "[]", "cell is no list of whole numbers"),
        ("['21']", "[]", "cell is no list of whole numbers"),
        ("[0x" + "f" * 5000 + "]", "[]", "genre is not in genres.csv"),
        ("[21]", "[['rock']]", "cell is no list of texts"),
        ("[21]", "[{}, None]", "cell is no list of texts"),
        ("[21]", "[7]", "cell is no list of texts"),
        ("[21]", r"['\ud800']", "the tag is not valid Unicode"),
    ],
)
def test_fma_with_lists_of_something_else(
    raw, tmp_path: Path, genres: str, tags: str, reason: str
) -> None:
    _write_fma(tmp_path, ["2", "", "", "", "", "", "", "", genres, "[]", tags, "Food"])
    (tmp_path / "genres.csv").write_text("genre_id,title\n21,Hip-Hop\n")
    load(raw, source("fma", [tmp_path], "fma"))
    assert _tracks(raw, "track_id, title") == [("2", "Food")]
    assert _aside(raw) == [("4", reason)]


def test_fma_without_its_genres(raw, tmp_path: Path) -> None:
    path = _write_fma(
        tmp_path, ["2", "", "", "", "", "", "", "Hip-Hop", "[21]", "[21]", "[]", ""]
    )
    load(raw, source("fma", [path], "fma"))
    assert _tags(raw) == [("2", "genre", "Hip-Hop", None)]


def test_fma_with_another_header(raw, tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").write_text("track_id,title\n1,x\n2,y\n")
    with pytest.raises(IngestError, match=r"not that of tracks\.csv"):
        load(raw, source("fma", [tmp_path], "fma"))


def test_plain_table_with_a_list_of_tags(raw, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "\ufeffPath,Tags,artist,Album,title,duration,split\n"
        'a\\b.mp3,"Rock; genre---jazz;;Rock",Björk,x,y,12.5,dev\n'
        "./c.mp3,,,,,,\n"
        ",rock,,,,,\n"
        "d.mp3,rock,,,,,maybe\n"
        "e.mp3,rock\n",
        encoding="utf-8",
    )
    load(raw, source("plain", [path], "mine"))
    columns = "track_id, artist_name, album_name, title, path, duration, split"
    assert _tracks(raw, columns) == [
        ("a/b.mp3", "Björk", "x", "y", "a/b.mp3", 12.5, "validation"),
        ("c.mp3", None, None, None, "c.mp3", None, None),
        ("d.mp3", None, None, None, "d.mp3", None, None),
    ]
    assert _tags(raw) == [
        ("a/b.mp3", "genre", "jazz", None),
        ("a/b.mp3", None, "Rock", None),
        ("d.mp3", None, "rock", None),
    ]
    assert _aside(raw) == [
        ("4", "the path is empty"),
        ("5", "split is not train, validation or test"),
        ("6", "2 columns, not 7"),
    ]


def test_plain_table_with_a_tag_a_line(raw, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text(
        "track_id\tpath\ttag\tcategory\tweight\n"
        "1\ta.mp3\trock; pop\tgenre\t0.5\n"
        "1\ta.mp3\trock; pop\tgenre\t0.75\n"
        "1\tb.mp3\tcalm\t\tmuch\n"
    )
    load(raw, source("plain", [path], "mine"))
    assert _tracks(raw, "track_id, path") == [("1", "a.mp3")]
    assert _tags(raw) == [
        ("1", "genre", "rock; pop", 0.75),
        ("1", None, "calm", None),
    ]
    assert _aside(raw) == [
        ("4", "path differs from that of an earlier line, which counts"),
        ("4", "weight is no number"),
    ]


def test_plain_parquet(raw, tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(
        pa.table(
            {
                "path": ["a.mp3", "b.mp3", None],
                "tags": [["rock", "a;b"], None, ["x"]],
                "duration": [1.5, None, 2.0],
            }
        ),
        path,
    )
    load(raw, source("plain", [path], "mine"))
    assert _tracks(raw, "path, duration") == [("a.mp3", 1.5), ("b.mp3", None)]
    assert [tag[2] for tag in _tags(raw)] == ["a;b", "rock"]
    assert _aside(raw) == [("3", "the path is empty")]


def test_plain_parquet_of_other_types(raw, tmp_path: Path) -> None:
    """Some writers mark no column as text; ids, years and weights may be numbers."""
    path = tmp_path / "mine.parquet"
    table = pa.table(
        {
            "Path": pa.array([b"a.mp3", b"caf\xc3\xa9.mp3"]),
            "track_id": pa.array([7, 8], pa.int64()),
            "artist": pa.array(["Bj\u00f6rk", None]).dictionary_encode(),
            "tags": pa.array([[b"rock", None], [b"1980"]]),
            "weight": pa.array([0.25, None]),
            "embedding": pa.array([[0.5], [1.5]]),
        }
    )
    pq.write_table(table, path)
    load(raw, source("plain", [path], "mine"))
    assert _tracks(raw, "track_id, path, artist_name") == [
        ("7", "a.mp3", "Bj\u00f6rk"),
        ("8", "caf\u00e9.mp3", None),
    ]
    assert _tags(raw) == [("7", None, "rock", 0.25), ("8", None, "1980", None)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("path", pa.array([["a.mp3"]])),
        ("path", pa.array([b"caf\xe9.mp3"])),
        ("tag", pa.array([["rock"]])),
        ("tags", pa.array([{"genre": "rock"}])),
        ("tags", pa.array([[["rock"]]])),
        ("weight", pa.array([[1.0]])),
    ],
)
def test_plain_parquet_with_a_column_of_no_text(
    raw, tmp_path: Path, column: str, values: pa.Array
) -> None:
    path = tmp_path / "mine.parquet"
    columns = {"path": pa.array(["a.mp3"]), "tags": pa.array(["rock"]), column: values}
    pq.write_table(pa.table(columns), path)
    with pytest.raises(IngestError, match=f"column {column} holds .* that is no text"):
        load(raw, source("plain", [path], "mine"))


def test_a_track_without_an_id_is_set_aside(raw, tmp_path: Path) -> None:
    path = tmp_path / "autotagging.tsv"
    _write(path, _HEADER, ("t1", "", "", "1.mp3", ""), ("", "", "", "2.mp3", "", "x"))
    load(raw, source("jamendo", [path], "jamendo"))
    assert _tracks(raw, "track_id, path") == [("t1", "1.mp3")]
    assert _aside(raw) == [("3", "the track id is empty")]


def test_odd_text_is_set_aside(raw, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"path,tags\na.mp3,Caf\xe9\nb.mp3,a\0b;rock\n")
    load(raw, source("plain", [path], "mine"))
    assert _tags(raw) == [("b.mp3", None, "rock", None)]
    assert _aside(raw) == [
        ("2", "line is not valid UTF-8"),
        ("3", "NUL inside the tag"),
    ]


def test_data_sets_stand_side_by_side(raw, tmp_path: Path) -> None:
    for name in ("one", "two"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"path,tags\n{name}.mp3,rock\n")
        load(raw, source("plain", [path], name))
    path.write_text("path,tags\nnew.mp3,jazz\n")
    load(raw, source("plain", [path], "two"))
    assert _tracks(raw, "source, track_id") == [("one", "one.mp3"), ("two", "new.mp3")]
    assert _tags(raw, "source, tag") == [("one", "rock"), ("two", "jazz")]
    load(raw, source("plain", [tmp_path / "one.csv"], "one"), force=True)
    assert len(_tracks(raw)) == 2


@pytest.mark.parametrize("name", ["msd", "audio", "lastfm", "My Music", "", "a.b"])
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("path,tags\n")
    with pytest.raises(IngestError, match="cannot be the name of a data set"):
        source("plain", [path], name)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("plain", "file,tags\n", "no column path"),
        ("plain", "path,title\n", "no column tags"),
        ("plain", "path,tags\n", "the files hold no track"),
        ("plain", "path,tags,artist,artist_name\n", "two columns have the same name"),
        ("jamendo", "x\ty\n", "no column TRACK_ID"),
        ("jamendo", "TRACK_ID\tTAGS\tPATH\n", "TAGS is not the last column"),
        ("magnatagatune", "x\ty\n", "no column clip_id"),
        ("fma", "x\n", "not that of tracks.csv"),
    ],
)
def test_tables_of_something_else(
    raw, tmp_path: Path, kind: str, content: str, expected: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(IngestError, match=expected) as caught:
        load(raw, source(kind, [path], "x"))
    assert "\n" not in str(caught.value)


def test_missing_files_and_formats(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match=r"no such format.*'spotify'.*jamendo, magna"):
        source("spotify", [tmp_path], "x")
    with pytest.raises(IngestError, match="holds no file of the data set"):
        source("fma", [tmp_path], "x")
    with pytest.raises(IngestError, match=r"no such file.*sources\.datasets\.x"):
        source("plain", [tmp_path / "none.csv"], "x")
    empty = tmp_path / "a.csv"
    empty.write_text("")
    with pytest.raises(IngestError, match="the file is empty"):
        source("plain", [empty], "x")


def test_table_of_another_program(raw, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("x")
    with pytest.raises(IngestError, match="no such table"):
        load(raw, source("plain", [path], "x"))


def test_broken_parquet(raw, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(IngestError, match="the file cannot be read"):
        load(raw, source("plain", [path], "x"))
