import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingest import commands
from ingest.load import Outcome, Source, load

pytestmark = pytest.mark.usefixtures("data")

Ingest = Callable[..., tuple[int, str, str]]


def _query(data: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(data / "lyre.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.usefixtures("sources")
def test_all_loads_every_source_and_says_so(ingest: Ingest, data: Path) -> None:
    code, out, _ = ingest("all")
    assert code == 0
    lines = out.splitlines()
    heads = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert heads == ["msd", "lastfm", "mismatches", "duplicates", "audio"]
    assert "msd: 1 row loaded, 0 set aside" in out
    assert "  texts repaired: 1 x cut punctuation restored" in lines
    assert "  set aside: 1 x val is of type text, not a number" in lines
    assert "  lastfm_tids 1, lastfm_tags 1, lastfm_tid_tag 1" in lines
    assert "audio: 2 files found, 2 measured" in out
    assert "  empty: empty.mp3: the file is empty" in lines
    runs = _query(
        data,
        "select source, status, rows, rows_set_aside from raw.ingest_runs "
        "order by run_id",
    )
    assert runs == [
        ("msd", "done", 1, 0),
        ("lastfm", "done", 3, 1),
        ("mismatches", "done", 1, 1),
        ("duplicates", "done", 1, 0),
        ("audio", "done", 2, 0),
    ]


def test_second_run_skips_what_is_unchanged(ingest: Ingest, sources: Path) -> None:
    ingest("all")
    code, out, _ = ingest("all")
    assert code == 0
    assert out.count("unchanged since its last load (--force loads it again)") == 4
    assert "2 files found, 0 measured" in out
    (sources / "msd_duplicates.txt").write_text(f"%1 a\nTR{'B' * 16}\n")
    _, out, _ = ingest("lists")
    assert "mismatches: unchanged" in out
    assert "duplicates: 1 row loaded" in out
    _, out, _ = ingest("lists", "--force")
    assert "mismatches: 1 row loaded" in out


def test_absent_optional_sources_are_passed_over(
    ingest: Ingest, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sid_mismatches.txt", "msd_duplicates.txt"):
        (sources / name).unlink()
    (sources / "audio").rename(sources / "elsewhere")
    monkeypatch.setenv("LYRE_SOURCES__SPLITS", '{"choi": {"test": "no.txt"}}')
    code, out, err = ingest("all")
    assert code == 0
    assert len(out.splitlines()) == 5
    for key in ("mismatches", "duplicates", "audio", "splits.choi.test"):
        assert f"(sources.{key})" in err
    code, _, err = ingest("lists")
    assert code == 2
    assert "none of the lists is there" in err
    code, _, err = ingest("audio")
    assert code == 2
    assert str(sources / "audio") in err


@pytest.fixture
def broken(sources: Path) -> Path:
    """Break four of the five sources, each in another step of its load."""
    (sources / "msd_summary_file.h5").write_bytes(b"no HDF5")
    (sources / "lastfm_tags.db").unlink()
    (sources / "msd_duplicates.txt").write_text("nonsense\n")
    shutil.rmtree(sources / "audio")
    (sources / "audio").write_text("no folder")
    return sources


def _failed(err: str) -> dict[str, str]:
    lines = [line.split(": failed: ") for line in err.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) > 1}


def test_all_loads_what_is_sound_and_tells_what_is_not(
    ingest: Ingest, broken: Path, data: Path
) -> None:
    code, out, err = ingest("all")
    assert code == 1
    told = [line.split(":")[0] for line in out.splitlines() if line[0] != " "]
    assert told == ["mismatches"]
    failed = _failed(err)
    assert list(failed) == ["msd", "lastfm", "duplicates", "audio"]
    summary, tags = broken / "msd_summary_file.h5", broken / "lastfm_tags.db"
    assert failed["msd"].startswith(f"{summary}: ")
    assert "(expected a file of the Million Song Dataset); fetch" in failed["msd"]
    assert failed["lastfm"].startswith(f"{tags}: no such file (expected ")
    assert failed["lastfm"].endswith(
        "; set sources.lastfm in lyre.toml, or name the file on the command line"
    )
    assert f"{broken / 'msd_duplicates.txt'}: no line" in failed["duplicates"]
    assert str(broken / "audio") in failed["audio"]
    runs = "select source, status from raw.ingest_runs order by run_id"
    assert _query(data, runs) == [
        *[("mismatches", "done"), ("duplicates", "failed"), ("audio", "failed")],
    ]


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("options", [("all", "--json"), ("lists", "--json")])
def test_json_tells_what_was_loaded_and_what_was_not(
    ingest: Ingest, options: tuple[str, ...]
) -> None:
    code, out, err = ingest(*options)
    told = {load.pop("source"): load for load in json.loads(out) if "source" in load}
    assert (code, told["mismatches"]["rows"]) == (1, 1)
    failed = {
        name: load["error"]
        for name, load in told.items()
        if load == {"status": "failed", "error": load.get("error")}
    }
    assert failed == _failed(err)
    assert set(told) - set(failed) == {"mismatches"}


@pytest.mark.usefixtures("broken")
def test_dry_run_tells_what_could_not_be_loaded(ingest: Ingest, data: Path) -> None:
    code, out, err = ingest("all", "--dry-run")
    assert (code, data.exists()) == (1, False)
    assert [line.split(":")[0] for line in out.splitlines()] == [
        *("mismatches", "duplicates"),
    ]
    assert list(_failed(err)) == ["msd", "lastfm", "audio"]
    code, out, err = ingest("all", "--dry-run", "--json")
    told = {each["source"]: each.get("error") for each in json.loads(out)}
    assert told == {**_failed(err), "mismatches": None, "duplicates": None}


def test_what_was_broken_is_loaded_once_it_is_mended(
    ingest: Ingest, sources: Path, data: Path
) -> None:
    ingest("all")
    whole = (sources / "lastfm_tags.db").read_bytes()
    (sources / "lastfm_tags.db").write_bytes(b"no SQLite")
    code, _, err = ingest("all")
    assert (code, list(_failed(err))) == (1, ["lastfm"])
    # What was loaded before stays, and `status` says that the file is another now.
    assert _query(data, "select count(*) from raw.lastfm_tags") == [(1,)]
    assert "lastfm: 3 rows, 1 set aside, loaded " in ingest("status")[1]
    assert ingest("status")[1].count(", changed: ") == 1
    (sources / "lastfm_tags.db").write_bytes(whole + b"\0")
    code, out, err = ingest("all")
    assert (code, _failed(err)) == (0, {})
    assert out.count("unchanged since its last load") == 3
    assert "lastfm: 3 rows loaded" in out


def test_nothing_is_done_where_no_source_is_there(ingest: Ingest, data: Path) -> None:
    code, out, err = ingest("all")
    assert (code, out, data.exists()) == (2, "", False)
    failed = _failed(err)
    assert list(failed) == ["msd", "lastfm"]
    for name, sentence in failed.items():
        assert f"set sources.{name} in lyre.toml" in sentence
    code, out, _ = ingest("all", "--json")
    assert (code, [each["source"] for each in json.loads(out)]) == (2, list(failed))


@pytest.mark.parametrize("name", ["msd", "lastfm"])
def test_a_source_whose_name_no_disk_takes_is_one_of_them(
    ingest: Ingest, sources: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    del sources
    path = json.dumps(["x" * 300]) if name == "msd" else "x" * 300
    monkeypatch.setenv(f"LYRE_SOURCES__{name.upper()}", path)
    code, _, err = ingest("all")
    assert (code, list(_failed(err))) == (1, [name])
    assert "choose a shorter name" in err


@pytest.mark.usefixtures("sources")
def test_json_tells_what_was_loaded_before_the_command_broke(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(connection: object, source: Source, *, force: bool) -> Outcome:
        if source.name != "msd":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return load(connection, source, force=force)

    monkeypatch.setattr(commands, "load", refuse)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        ingest("all", "--json")
    told = json.loads(capsys.readouterr().out)
    assert [each["source"] for each in told] == ["msd"]


def test_bad_file_of_a_tree_gives_exit_code_1(ingest: Ingest, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{}]).parent
    (tree / "bad.h5").write_bytes(b"")
    code, out, _ = ingest("msd", tree)
    assert code == 1
    assert "msd: 1 row loaded, 1 set aside" in out
    assert f"  not read: {tree / 'bad.h5'}: the file is empty" in out.splitlines()


def test_many_bad_files_are_told_in_short(ingest: Ingest, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{}]).parent
    for number in range(30):
        (tree / f"bad{number:02}.h5").write_bytes(b"")
    _, out, _ = ingest("msd", tree)
    assert out.count("the file is empty") == 20 + 1
    assert "10 more files, see raw.rows_set_aside" in out


@pytest.mark.usefixtures("sources")
def test_json_is_the_only_output(ingest: Ingest) -> None:
    code, out, _ = ingest("all", "--json")
    loads = json.loads(out)
    assert code == 0
    assert [load["rows"] for load in loads[:4]] == [1, 3, 1, 1]
    assert loads[1]["set_aside"] == {"val is of type text, not a number": 1}
    assert loads[4]["by_status"] == {"empty": 1, "ok": 1}
    _, out, _ = ingest("status", "--json")
    assert [load["source"] for load in json.loads(out)][-1] == "audio"


def test_flags_override_the_settings(
    ingest: Ingest, sources: Path, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "lyre.duckdb"
    moved = (sources / "sid_mismatches.txt").rename(tmp_path / "moved.txt")
    assert ingest("lists", "--mismatches", moved, "--warehouse", other)[0] == 0
    audio = (sources / "audio").rename(tmp_path / "clips")
    code, out, _ = ingest(
        "audio", "--root", audio, "--workers", 1, "--warehouse", other
    )
    assert (code, "2 files found" in out) == (0, True)
    code, out, _ = ingest("status", "--warehouse", other)
    assert code == 0
    assert out.splitlines()[0].startswith("mismatches: 1 row, 1 set aside, loaded ")
    assert not data.exists()


def test_status_tells_what_has_changed(ingest: Ingest, sources: Path) -> None:
    ingest("all")
    (sources / "sid_mismatches.txt").write_text("changed")
    (sources / "lastfm_tags.db").unlink()
    code, out, _ = ingest("status")
    assert code == 0
    states = {line.split(":")[0]: line for line in out.splitlines()}
    assert ", unchanged: " in states["msd"]
    assert ", gone: " in states["lastfm"]
    assert ", changed: " in states["mismatches"]


def test_status_looks_through_folders_again(ingest: Ingest, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{"track_id": b"TR" + b"A" * 16}]).parent
    write_songs("tree/b.h5", [{"track_id": b"TR" + b"B" * 16}])
    ingest("msd", tree)
    assert ", unchanged: " in ingest("status")[1]
    write_songs("tree/c.h5", [{"track_id": b"TR" + b"C" * 16}])
    (tree / "a.h5").unlink()
    assert ", changed (1 new, 1 gone): " in ingest("status")[1]
    (load,) = json.loads(ingest("status", "--json")[1])
    assert load["files"] == {"new": 1, "changed": 0, "gone": 1, "unchanged": 1}
    code, out, _ = ingest("msd", tree)
    assert code == 0
    assert "  1 file unchanged, not read again" in out.splitlines()
    for path in tree.iterdir():
        path.unlink()
    assert ", gone (2 gone): " in ingest("status")[1]


def test_status_of_audio_and_lastfm_trees(ingest: Ingest, sources: Path) -> None:
    folder = sources / "json"
    folder.mkdir()
    record = {"track_id": "TR" + "A" * 16, "tags": [["rock", "100"]]}
    (folder / "a.json").write_text(json.dumps(record))
    assert ingest("lastfm", folder)[0] == 0
    assert ingest("audio")[0] == 0
    assert ingest("status")[1].count(", unchanged: ") == 2
    (folder / "b.json").write_text("{}")
    (sources / "audio" / "new.mp3").write_bytes(b"")
    (sources / "audio" / "empty.mp3").unlink()
    lines = ingest("status")[1].splitlines()
    assert ", changed (1 new): " in lines[0]
    assert ", changed (1 new, 1 gone): " in lines[1]


def test_a_file_of_the_same_content_is_unchanged_for_status_too(
    ingest: Ingest, sources: Path
) -> None:
    ingest("lists")
    os.utime(sources / "sid_mismatches.txt", (0, 0))
    assert ingest("status")[1].count(", changed: ") == 1
    assert "unchanged since its last load" in ingest("lists")[1]
    assert ingest("status")[1].count(", unchanged: ") == 2


def test_status_of_paths_that_are_not_utf8(
    ingest: Ingest, sources: Path, tmp_path: Path, write_songs
) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this file system takes no names that are not UTF-8")
    shutil.copytree(sources / "audio", odd / "audio")
    shutil.copy(sources / "sid_mismatches.txt", odd)
    shutil.copytree(write_songs("tree/a.h5", [{}]).parent, odd / "tree")
    ingest("lists", "--mismatches", odd / "sid_mismatches.txt")
    ingest("msd", odd / "tree")
    ingest("audio", "--root", odd / "audio", "--list-only")
    assert ingest("status")[1].count(", unchanged: ") == 4
    (odd / "tree" / "a.h5").unlink()
    assert "msd: 1 row, 0 set aside, " in ingest("status")[1]
    assert ingest("status")[1].count(", gone: ") == 1


def test_status_of_folders_of_other_data_sets(ingest: Ingest, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.csv").write_text("path,tags\na.mp3,rock\n")
    assert ingest("dataset", "plain", folder, "--name", "mine")[0] == 0
    assert ", unchanged: " in ingest("status")[1]
    (folder / "b.csv").write_text("path,tags\nb.mp3,jazz\n")
    (folder / "notes.txt").write_text("no table")
    assert ", changed (1 new): " in ingest("status")[1]
    (folder / "a.csv").unlink()
    (folder / "b.csv").unlink()
    assert ", gone: " in ingest("status")[1]


def test_status_of_clips_in_folders_of_data_sets(
    ingest: Ingest, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "own").mkdir()
    shutil.copy(sources / "audio" / "good.wav", sources / "own" / "a.wav")
    mine = {"format": "plain", "paths": ["own.csv"], "audio": "own"}
    monkeypatch.setenv("LYRE_SOURCES__DATASETS", json.dumps({"mine": mine}))
    assert ingest("audio")[0] == 0
    assert ", unchanged: " in ingest("status")[1]
    (sources / "own" / "b.wav").write_bytes(b"")
    (sources / "audio" / "good.wav").unlink()
    assert ", changed (1 new, 1 gone): " in ingest("status")[1]


def test_another_format_is_another_load(ingest: Ingest, tmp_path: Path) -> None:
    table = tmp_path / "a.tsv"
    table.write_text("TRACK_ID\tPATH\tTAGS\nt1\ta.mp3\tgenre---rock\n")
    assert ingest("dataset", "plain", table, "--name", "mine")[0] == 0
    code, out, _ = ingest("dataset", "jamendo", table, "--name", "mine")
    assert (code, "mine: 2 rows loaded" in out) == (0, True)


def test_a_warehouse_of_an_older_version(
    ingest: Ingest, sources: Path, data: Path
) -> None:
    ingest("all")
    with duckdb.connect(str(data / "lyre.duckdb")) as connection:
        connection.execute("alter table raw.ingest_runs drop column format")
        connection.execute("alter table raw.audio_files drop column dataset")
    assert ingest("status")[1].count(", unchanged: ") == 5
    assert ingest("all", "--dry-run")[1].count("would be skipped") == 5
    (sources / "msd_duplicates.txt").write_text(f"%1 a\nTR{'B' * 16}\n")
    assert "duplicates: 1 row loaded" in ingest("lists")[1]


def test_every_source_shows_its_progress(ingest: Ingest, sources: Path) -> None:
    (sources / "a.csv").write_text("path,tags\na.mp3,rock\n")
    err = ingest("all")[2]
    assert "mismatches: 2 of 2 lines, " in err
    assert "duplicates: 2 of 2 lines, " in err
    err = ingest("dataset", "plain", sources / "a.csv")[2]
    assert "plain: 2 of 2 lines, " in err


def test_status_of_a_file_without_raw_tables(ingest: Ingest, data: Path) -> None:
    data.mkdir()
    duckdb.connect(str(data / "lyre.duckdb")).close()
    code, _, err = ingest("status")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "nothing has been loaded into the warehouse" in err


@pytest.mark.usefixtures("sources")
def test_dry_run_says_what_would_happen(ingest: Ingest, data: Path) -> None:
    code, out, _ = ingest("all", "--dry-run")
    assert code == 0
    assert not data.exists()
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *("msd", "lastfm", "mismatches", "duplicates", "audio"),
    ]
    assert "would be loaded (there is no warehouse yet), 1 file, " in lines[0]
    assert "audio: would be loaded (2 new; 2 to decode), 2 files, " in lines[4]

    ingest("all")
    runs = "select count(*) from raw.ingest_runs"
    before = _query(data, runs)
    out = ingest("all", "--dry-run")[1]
    assert out.count("would be skipped (unchanged since its last load)") == 4
    assert "audio: would be skipped (nothing new; 0 to decode)" in out
    out = ingest("msd", "--dry-run", "--force")[1]
    assert "msd: would be loaded (forced), 1 file" in out
    assert _query(data, runs) == before


@pytest.mark.usefixtures("sources")
def test_dry_run_tells_what_has_changed(
    ingest: Ingest, sources: Path, write_songs
) -> None:
    (sources / "sid_mismatches.txt").write_text("other")
    tree = write_songs("tree/a.h5", [{}]).parent
    ingest("msd", tree)
    ingest("lists", "--mismatches", sources / "msd_duplicates.txt")
    write_songs("tree/b.h5", [{"track_id": b"TR" + b"B" * 16}])
    assert (
        "msd: would be loaded (1 new), 2 files" in ingest("msd", tree, "--dry-run")[1]
    )
    (forecast,) = json.loads(ingest("msd", tree, "--dry-run", "--json")[1])
    assert (forecast["action"], forecast["files"]) == ("load", 2)
    assert "(not loaded before)" in ingest("lastfm", "--dry-run")[1]
    code, _, err = ingest("msd", sources / "none.h5", "--dry-run")
    assert (code, "no such file" in err) == (2, True)


def test_status_without_a_warehouse(ingest: Ingest) -> None:
    code, _, err = ingest("status")
    assert code == 2
    assert "python -m ingest all" in err


@pytest.mark.usefixtures("sources")
@pytest.mark.field_report("R43")
def test_warehouse_open_elsewhere_is_one_sentence(ingest: Ingest, data: Path) -> None:
    """The message names the file and the process that holds it."""
    ingest("msd")
    held = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(1, flush=True); "
    command = [sys.executable, "-c", held + "sys.stdin.read()", data / "lyre.duckdb"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        code, out, err = ingest("lastfm")
        holder.communicate()
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert str(data / "lyre.duckdb") in err
    assert f"process {holder.pid}" in err


@pytest.mark.usefixtures("sources")
def test_real_broken_files_leave_the_warehouse_as_it_was(
    ingest: Ingest, data: Path, real: Path
) -> None:
    ingest("msd")
    before = (data / "lyre.duckdb").read_bytes()
    for path in sorted((real / "msd" / "broken").iterdir()):
        for command in ("msd", "lastfm"):
            code, out, err = ingest(command, path)
            assert (code, out) == (2, "")
            assert len(err.splitlines()) == 1
            assert str(path) in err
    assert (data / "lyre.duckdb").read_bytes() == before


def test_real_songs_and_broken_files_together(
    ingest: Ingest, data: Path, real: Path
) -> None:
    code, out, _ = ingest("msd", real / "msd")
    assert code == 1
    assert "msd: 19 rows loaded, 3 set aside" in out
    assert _query(data, "select count(*) from raw.msd_songs") == [(19,)]


@pytest.mark.usefixtures("sources")
def test_python_m_ingest() -> None:
    command = [sys.executable, "-m", "ingest", "lastfm"]
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("lastfm: 3 rows loaded, 1 set aside, ")


@pytest.mark.parametrize(
    "command", ["msd", "lastfm", "lists", "dataset", "audio", "all", "status"]
)
def test_every_help_text_has_an_example(ingest: Ingest, command: str) -> None:
    code, out, _ = ingest(command, "--help")
    assert code == 0
    assert f"Example: python -m ingest {command}" in out


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, ingest.__main__; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"adbc_driver_sqlite", "duckdb", "h5py", "numpy", "pyarrow", "pydantic"}
    assert not heavy & set(ended.stdout.split())


@pytest.mark.usefixtures("sources")
def test_a_first_look_at_the_clips(ingest: Ingest) -> None:
    code, out, _ = ingest("audio", "--list-only")
    assert (code, "0 measured" in out, "listed 2" in out) == (0, True, True)
    code, out, err = ingest("audio", "--pending")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "run `dbt run` first" in err
    code, _, err = ingest("audio", "--sample", "1 of 3")
    assert (code, "no share of the clips" in err) == (2, True)
    code, out, _ = ingest("audio", "--sample", "100%", "--retry")
    assert (code, "2 measured" in out) == (0, True)
