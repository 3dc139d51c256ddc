import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile

from ingest.__main__ import app
from lyre.console import run

Ingest = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of a place without ``lyre.toml``."""
    for variable in [name for name in os.environ if name.startswith("LYRE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LYRE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LYRE_SOURCES__ROOT", str(tmp_path))
    return tmp_path / "data"


@pytest.fixture
def ingest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ingest:
    """Run ``python -m ingest`` in this process: exit code, output, messages."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ingest", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(app, "python -m ingest")
        captured = capsys.readouterr()
        return int(str(ended.value.code)), captured.out, captured.err

    return call


@pytest.fixture
def sources(write_songs, write_lastfm, tmp_path: Path) -> Path:
    """Write every source under its default name."""
    track = b"TR" + b"A" * 16
    write_songs("msd_summary_file.h5", [{"track_id": track, "title": b"Don\x19t"}])
    write_lastfm(pairs=["1, 1, 100", "1, 1, 'x'"])
    (tmp_path / "sid_mismatches.txt").write_bytes(
        b"ERROR: <SOAAAAAAAAAAAAAAAA %s> a  -  b  !=  c  -  d\nwhat\n" % track
    )
    (tmp_path / "msd_duplicates.txt").write_bytes(b"%%1 a - b\n%s\n" % track)
    (tmp_path / "audio").mkdir()
    sound = np.sin(np.arange(16_000) / 10)
    soundfile.write(tmp_path / "audio" / "good.wav", sound, 16_000)
    (tmp_path / "audio" / "empty.mp3").write_bytes(b"")
    return tmp_path


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
    assert "msd: 1 rows loaded, 0 set aside" in out
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
    assert "duplicates: 1 rows loaded" in out
    _, out, _ = ingest("lists", "--force")
    assert "mismatches: 1 rows loaded" in out


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


@pytest.mark.parametrize(
    ("name", "key"),
    [("msd_summary_file.h5", "sources.msd"), ("lastfm_tags.db", "sources.lastfm")],
)
def test_missing_required_source_is_one_sentence(
    ingest: Ingest, sources: Path, data: Path, name: str, key: str
) -> None:
    (sources / name).unlink()
    code, out, err = ingest("all")
    assert (code, out) == (2, "")
    assert err.splitlines() == [err.rstrip("\n")]
    assert f"{sources / name}: no such file" in err
    assert f"set {key} in lyre.toml" in err
    assert not data.exists()


def test_bad_file_of_a_tree_gives_exit_code_1(ingest: Ingest, write_songs) -> None:
    tree = write_songs("tree/a.h5", [{}]).parent
    (tree / "bad.h5").write_bytes(b"")
    code, out, _ = ingest("msd", tree)
    assert code == 1
    assert "msd: 1 rows loaded, 1 set aside" in out
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
    assert out.splitlines()[0].startswith("mismatches: 1 rows, 1 set aside, loaded ")
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


def test_status_without_a_warehouse(ingest: Ingest) -> None:
    code, _, err = ingest("status")
    assert code == 2
    assert "python -m ingest all" in err


@pytest.mark.usefixtures("sources")
def test_warehouse_open_elsewhere_is_one_sentence(ingest: Ingest, data: Path) -> None:
    """R43: the message names the file and the process that holds it."""
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
    "command", ["msd", "lastfm", "lists", "audio", "all", "status"]
)
def test_every_help_text_has_an_example(ingest: Ingest, command: str) -> None:
    code, out, _ = ingest(command, "--help")
    assert code == 0
    assert f"Example: python -m ingest {command}" in out
