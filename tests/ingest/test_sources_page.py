"""``docs/sources.md`` says what is there, and its commands run."""

import json
import re
import shlex
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.datasets.load import FORMATS
from ingest.tables import INGEST_FILES, INGEST_RUNS, ROWS_SET_ASIDE, TABLES
from ingest.track_metadata import COLUMNS
from lyre.settings import Sources

_PAGE = Path(__file__).parents[2] / "docs" / "sources.md"
_TRACK, _SONG, _ARTIST = (letters + "A" * 16 for letters in ("TR", "SO", "AR"))
_LOG = (INGEST_RUNS, INGEST_FILES, ROWS_SET_ASIDE)
_TEXTS = {
    "unique_tracks.txt": f"{_TRACK}<SEP>{_SONG}<SEP>artist<SEP>title\n",
    "unique_artists.txt": f"{_ARTIST}<SEP><SEP>{_TRACK}<SEP>artist\n",
    "lastfm_unique_tags.txt": "rock\t7\n",
    "shs_dataset_train.txt": f"%1, title\n{_TRACK}<SEP>{_ARTIST}<SEP>5\n",
    "shs_dataset_test.txt": f"%2, title\n{_TRACK}<SEP>{_ARTIST}<SEP>6\n",
    "lastfm_csv/tids.csv": f",tid\n1,{_TRACK}\n",
    "lastfm_csv/tags.csv": ",tag\n1,rock\n",
    "lastfm_csv/tid_tag.csv": ",tid,tag,val\n1,1,1,100\n",
    "lastfm_train/a.json": json.dumps({"track_id": _TRACK, "tags": [["rock", "1"]]}),
    "lastfm_test/b.json": json.dumps({"track_id": "TR" + "B" * 16, "tags": []}),
    "autotagging-train.tsv": "TRACK_ID\tPATH\tTAGS\nt1\ta.mp3\tgenre---rock\n",
    "autotagging-test.tsv": "TRACK_ID\tPATH\tTAGS\nt2\tb.mp3\tgenre---rock\n",
    "annotations_final.csv": '"clip_id"\t"rock"\t"mp3_path"\n"2"\t"1"\t"f/a.mp3"\n',
    "clip_info_final.csv": '"clip_id"\t"track_number"\t"title"\t"artist"\t"album"'
    '\t"url"\t"segmentStart"\t"segmentEnd"\t"original_url"\t"mp3_path"\n'
    '"2"\t"1"\t"t"\t"a"\t"b"\t"u"\t"30"\t"59"\t"o"\t"f/a.mp3"\n',
    "fma_metadata/genres.csv": "genre_id,#tracks,parent,title,top_level\n"
    "12,9,0,Rock,12\n",
    "fma_metadata/tracks.csv": ",set,track,track,track\n,split,genre_top,genres,tags\n"
    "track_id,,,,\n2,training,Rock,[12],[]\n",
    "my_music.csv": "path,tags\na.mp3,rock;live\n",
}


@pytest.fixture
def page() -> str:
    return _PAGE.read_text(encoding="utf-8")


@pytest.fixture
def files(sources: Path, write_songs) -> Path:
    """Write every file that the page names."""
    write_songs("MillionSongSubset/A/a.h5", [{}])
    with sqlite3.connect(sources / "track_metadata.db") as database:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        database.execute(f"create table songs ({columns})")
        database.execute("insert into songs (track_id) values (?)", [_TRACK])
    database.close()
    for name, text in _TEXTS.items():
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text(text)
    return sources


def _commands(page: str, program: str) -> list[list[str]]:
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)).splitlines()
    return [
        shlex.split(line)[3:]
        for line in lines
        if line.startswith(f"python -m {program} ")
    ]


def test_every_command_loads_what_it_names(
    page: str, files: Path, ingest: Callable[..., tuple[int, str, str]]
) -> None:
    del files  # They lie in the working folder.
    commands = _commands(page, "ingest")
    assert len(commands) == 15
    for words in commands:
        code, out, err = ingest(*words)
        assert code == 0, (words, err)
        assert out
    loaded = {line.split(":")[0] for line in out.splitlines()}
    assert {"msd", "lastfm", "cliques", "unique_tags", "fma", "mine"} <= loaded
    assert {"jamendo", "magnatagatune", "unique_artists", "unique_tracks"} <= loaded


def test_every_query_runs(page: str, files: Path, ingest, data: Path) -> None:
    from warehouse.query import ask

    del files
    ingest("all")
    for words in _commands(page, "warehouse"):
        assert words[0] == "query"
        with ask(data / "lyre.duckdb", words[1]) as answer:
            assert list(answer.rows)


def test_every_source_and_column_is_on_the_page(page: str) -> None:
    for table in TABLES:
        assert f"### `{table.full_name}`\n\n{table.comment}\n" in page
        assert table in _LOG or f"`{table.name}`" in page
        for column in table.columns:
            row = f"| `{column.name}` | {column.type} | {column.comment} |"
            assert f"{row}\n" in page, f"in docs/sources.md, this is missing: {row}"
    for name in FORMATS:
        assert f"`dataset {name}`" in page
    for name in set(Sources.model_fields) & {"mismatches", "duplicates", "cliques"}:
        assert f"`lists --{name}`" in page
