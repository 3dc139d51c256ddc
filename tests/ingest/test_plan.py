import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

Ingest = Callable[..., tuple[int, str, str]]


def _query(data: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(data / "lyre.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_lists_of_names(ingest: Ingest, data: Path, tmp_path: Path) -> None:
    track, song, artist = (name + "A" * 16 for name in ("TR", "SO", "AR"))
    files = {
        "unique-tracks": f"{track}<SEP>{song}<SEP>a<SEP>b\n",
        "unique-artists": f"{artist}<SEP><SEP>{track}<SEP>a\n",
        "unique-tags": "rock\t1\n",
        "cliques": f"%1, a\n{track}<SEP>{artist}<SEP>1\n",
    }
    flags: list[object] = []
    for name, content in files.items():
        path = tmp_path / f"{name}.txt"
        path.write_text(content)
        flags += [f"--{name}", path]
    other = tmp_path / "test.txt"
    other.write_text(files["cliques"])
    code, out, _ = ingest("lists", *flags, "--cliques", other)
    assert code == 0
    assert "unique_tracks: 1 row loaded" in out
    assert "cliques: 2 rows loaded" in out
    assert _query(data, "select count(*) from raw.lastfm_unique_tags") == [(1,)]


def test_data_sets_by_flag_and_by_settings(
    ingest: Ingest, sources: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = sources / "mine.csv"
    mine.write_text("path,tags\na.mp3,rock;pop\n")
    code, out, _ = ingest("dataset", "plain", mine, "--name", "mine")
    assert code == 0
    assert out.startswith("mine: 3 rows loaded, 0 set aside, ")
    code, _, err = ingest("dataset", "spotify", mine)
    assert (code, "no such format" in err) == (2, True)
    listed = '{"yours": {"format": "plain", "paths": ["mine.csv"]}, "none": {"format": '
    monkeypatch.setenv(
        "LYRE_SOURCES__DATASETS", listed + '"jamendo", "paths": ["none.tsv"]}}'
    )
    code, out, err = ingest("all")
    assert code == 0
    assert "yours: 3 rows loaded" in out
    assert "(sources.datasets.none)" in err
    found = _query(data, "select distinct source from raw.dataset_tags order by 1")
    assert found == [("mine",), ("yours",)]


@pytest.mark.parametrize("name", ["msd", "mine/x", "Mine", ".."])
@pytest.mark.parametrize("command", ["audio", "all"])
def test_folders_of_clips_go_by_names_of_data_sets(
    ingest: Ingest,
    sources: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    command: str,
) -> None:
    (sources / "own").mkdir()
    found = {"format": "plain", "paths": ["none.csv"], "audio": "own"}
    monkeypatch.setenv("LYRE_SOURCES__DATASETS", json.dumps({name: found}))
    code, _, err = ingest(command)
    assert (code, f"{name!r} cannot be the name of a data set" in err) == (2, True)


def test_lastfm_takes_files_of_one_kind(ingest: Ingest, sources: Path) -> None:
    code, _, err = ingest(
        "lastfm", sources / "lastfm_tags.db", sources / "lastfm_tags.db"
    )
    assert (code, "not all JSON" in err) == (2, True)
    folder = sources / "csv"
    folder.mkdir()
    track = "TR" + "A" * 16
    (folder / "tids.csv").write_text(f"tid\n{track}\n")
    (folder / "tags.csv").write_text("tag\nrock\n")
    (folder / "tid_tag.csv").write_text("tid,tag,val\n1,1,100\n")
    code, out, _ = ingest("lastfm", folder)
    assert code == 0
    assert "  lastfm_tids 1, lastfm_tags 1, lastfm_tid_tag 1" in out.splitlines()
    assert ", unchanged: " in ingest("status")[1]
