"""The audio scan: every file a row, nothing twice, nothing lost."""

import errno
import io
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile

from audio.measure import Measurement
from ingest import listing, scan
from ingest.audio import load_audio
from ingest.engines import Measured
from ingest.errors import IngestError
from ingest.forecast import forecast_audio
from ingest.listing import Clip, list_audio, measure_clip
from ingest.pool import run_tasks
from ingest.scan import AudioSummary, ingest_audio
from ingest.selection import Selection
from ingest.tables import create_raw_tables
from lyre.settings import Audio

SETTINGS = Audio(workers=2, batch_files=3)


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_raw_tables(connection)
        yield connection


def wav(seed: int = 0, seconds: float = 0.5, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    sound = np.random.default_rng(seed).uniform(-0.5, 0.5, round(8000 * seconds))
    soundfile.write(buffer, sound, 8000, format=kind)
    return buffer.getvalue()


def names(root: Path) -> list[str]:
    problems: dict[str, OSError] = {}
    found = [file.path for file in list_audio(root, problems.__setitem__)]
    assert not problems
    return found


def rows(connection: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[object]]:
    return connection.execute(
        f"select {columns} from raw.audio_files order by path"
    ).fetchall()


def test_files_are_listed_by_content_or_name_in_a_fixed_order(tmp_path: Path) -> None:
    for name, content in {
        "b/2.mp3": b"<html>",
        "b/1.MP3": b"",
        "a/clip": wav(),
        "a/clip.x": b"ID3\x04\x00\x00\x00\x00\x00\x00",
        "a/notes.txt": b"no sound in here",
        "a/cover.jpg": b"\xff\xd8\xff\xe0",
        "a/empty": b"",
        "z.ogg": b"OggS",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert names(tmp_path) == ["a/clip", "a/clip.x", "b/1.MP3", "b/2.mp3", "z.ogg"]


def test_links_lead_nowhere_but_inside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
        (folder / "clip.wav").write_bytes(wav())
    (root / "out.wav").symlink_to(outside / "clip.wav")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "in.wav").symlink_to(root / "clip.wav")
    (root / "gone.wav").symlink_to(root / "nothing.wav")
    assert names(root) == ["clip.wav", "gone.wav", "in.wav"]


def test_names_survive(tmp_path: Path, raw: duckdb.DuckDBPyConnection) -> None:
    composed = unicodedata.normalize("NFC", "é.wav")
    decomposed = unicodedata.normalize("NFD", "é.wav")
    raw_name = b"caf\xe9 \xff.wav"
    for name in (composed, decomposed, "日本.wav", os.fsdecode(raw_name)):
        try:
            (tmp_path / name).write_bytes(wav())
        except OSError:
            pytest.skip("this file system takes no names that are not UTF-8")
    ingest_audio(raw, tmp_path, SETTINGS)
    found = dict(rows(raw, "path, path_bytes"))  # type: ignore[arg-type]
    assert set(found) == {composed, decomposed, "日本.wav", r"caf\xe9 \xff.wav"}
    assert found[r"caf\xe9 \xff.wav"] == raw_name
    assert found[composed] is None
    assert set(rows(raw, "status")) == {("ok",)}


@pytest.mark.parametrize("place", [22, 24, 28, 32, 34])
def test_a_header_with_the_largest_numbers_costs_one_row(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection, place: int
) -> None:
    """Channels, rate, bytes a second, and two sizes of a sample of a WAV."""
    size = 4 if place in (24, 28) else 2
    content = wav()
    (tmp_path / "good.wav").write_bytes(content)
    damaged = content[:place] + b"\xff" * size + content[place + size :]
    (tmp_path / "bad.wav").write_bytes(damaged)
    ingest_audio(raw, tmp_path, Audio(workers=1))
    found = rows(raw, "path, status in ('ok', 'partial', 'unreadable'), status = 'ok'")
    assert [row[:2] for row in found] == [("bad.wav", True), ("good.wav", True)]
    assert found[1][2]


def test_every_real_clip_gets_a_row(real: Path, raw: duckdb.DuckDBPyConnection) -> None:
    summary = ingest_audio(raw, real, Audio(workers=2))
    assert summary.found == summary.measured == 62
    # By audio.csv: 17 files give ffmpeg no sample, 3 of them have no bytes; 3 are
    # shorter than their header says by far more than an encoder's padding.
    assert summary.by_status == {"ok": 45, "unreadable": 11, "empty": 3, "partial": 3}
    assert len(rows(raw, "path")) == 62
    assert len(summary.failures) == 17
    muddy = raw.execute(
        "select decoded_seconds, sample_rate, channels, container, "
        "silence_thresholds_db from raw.audio_files "
        "where path like '%TRWJAZW128F42760DD%'"
    ).fetchone()
    assert muddy == (pytest.approx(30.04, abs=0.1), 22050, 2, "mp3", [60.0])


def test_silent_intervals_are_rows(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 8 * 8000)
    sound[: 2 * 8000] = 0.0
    sound[4 * 8000 : 6 * 8000] *= 1e-2
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="FLOAT")
    settings = Audio(workers=1, silence_thresholds_db=[60, 30])
    ingest_audio(raw, tmp_path, settings)
    found = raw.execute(
        "select path, threshold_db, interval_number, round(start_seconds), "
        "round(end_seconds) from raw.audio_silences order by all"
    ).fetchall()
    assert found == [
        ("a.wav", 30.0, 1, 0.0, 2.0),
        ("a.wav", 30.0, 2, 4.0, 6.0),
        ("a.wav", 60.0, 1, 0.0, 2.0),
    ]


def scan_again(
    connection: duckdb.DuckDBPyConnection, root: Path, settings: Audio = SETTINGS
) -> AudioSummary:
    return ingest_audio(connection, root, settings)


def test_only_what_changed_is_measured_again(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.wav").write_bytes(wav(number))
    assert scan_again(raw, tmp_path).measured == 5
    assert scan_again(raw, tmp_path).measured == 0

    before = dict(rows(raw, "path, content_sha256"))  # type: ignore[arg-type]
    (tmp_path / "1.wav").write_bytes(wav(9))
    os.utime(tmp_path / "1.wav", (1, 1))
    (tmp_path / "2.wav").unlink()
    (tmp_path / "5.wav").write_bytes(wav(5))
    summary = scan_again(raw, tmp_path)
    assert (summary.found, summary.measured, summary.vanished) == (5, 2, 1)
    assert summary.by_status == {"ok": 5, "vanished": 1}
    after = dict(rows(raw, "path, content_sha256"))  # type: ignore[arg-type]
    assert {path for path in before if before[path] != after[path]} == {"1.wav"}

    (tmp_path / "2.wav").write_bytes(wav(2))
    assert scan_again(raw, tmp_path).measured == 1
    assert scan_again(raw, tmp_path).by_status == {"ok": 6}


def test_clips_that_come_back_are_not_decoded_again(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    root, away = tmp_path / "audio", tmp_path / "away"
    root.mkdir()
    (root / "ok.wav").write_bytes(wav(1))
    (root / "cut.flac").write_bytes(wav(2, seconds=3, kind="FLAC")[:-9000])
    (root / "noise.wav").write_bytes(b"no audio")
    (root / "empty.wav").write_bytes(b"")
    scan_again(raw, root)
    ingest_audio(raw, root, SETTINGS, Selection(list_only=True))
    before = rows(raw, "*")
    assert len({status for (status,) in rows(raw, "status")}) == 4

    # A disk that is not mounted leaves an empty folder.
    root.rename(away)
    root.mkdir()
    assert scan_again(raw, root).by_status == {"vanished": 4}
    assert scan_again(raw, root).vanished == 0
    root.rmdir()
    away.rename(root)
    told = forecast_audio(raw, root, {}, SETTINGS, Selection()).reason
    assert told.endswith("; 0 to decode")
    assert scan_again(raw, root).measured == 0
    assert rows(raw, "*") == before

    # What is another clip is decoded.
    root.rename(away)
    root.mkdir()
    scan_again(raw, root)
    (root / "ok.wav").write_bytes(wav(2))
    assert scan_again(raw, root).measured == 1
    assert ("ok.wav", "ok", None) in rows(raw, "path, status, error")


def test_a_data_set_has_a_folder_of_its_own(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    common, own = tmp_path / "common", tmp_path / "elsewhere"
    for folder in (common, own / "00"):
        folder.mkdir(parents=True)
        (folder / "1.wav").write_bytes(wav())
    summary = ingest_audio(raw, common, SETTINGS, datasets={"fma": own})
    assert (summary.found, summary.measured) == (2, 2)
    assert rows(raw, "path, dataset, status") == [
        ("1.wav", None, "ok"),
        ("fma/00/1.wav", "fma", "ok"),
    ]

    # A folder that is not looked into keeps its rows; the others' vanish.
    (common / "1.wav").unlink()
    summary = ingest_audio(raw, common, SETTINGS)
    assert summary.by_status == {"ok": 1, "vanished": 1}
    summary = ingest_audio(raw, None, SETTINGS, datasets={"fma": own})
    assert (summary.measured, summary.vanished) == (0, 0)

    # Moved into the common folder, it is no other file.
    own.rename(common / "fma")
    summary = ingest_audio(raw, common, SETTINGS)
    assert (summary.measured, summary.vanished) == (0, 0)
    assert ("fma/00/1.wav", None) in rows(raw, "path, dataset")

    own.mkdir()
    with pytest.raises(IngestError, match="clips of fma lie here"):
        ingest_audio(raw, common, SETTINGS, datasets={"fma": own})
    with pytest.raises(IngestError, match="no such folder"):
        ingest_audio(raw, None, SETTINGS, datasets={"fma": tmp_path / "gone"})


def test_other_thresholds_are_measured_once(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    (tmp_path / "a.wav").write_bytes(wav())
    scan_again(raw, tmp_path)
    for thresholds in ([60.0, 40.0], [40.0, 60.0]):
        settings = Audio(workers=1, silence_thresholds_db=thresholds)
        measured = scan_again(raw, tmp_path, settings).measured
        assert measured == (1 if thresholds == [60.0, 40.0] else 0)
    assert rows(raw, "silence_thresholds_db") == [([40.0, 60.0],)]


def test_a_clip_that_kills_or_hangs_its_worker_gets_a_row(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    for name in ("crash", "fine", "hang"):
        (tmp_path / f"{name}.wav").write_bytes(wav())
    badly = Audio(workers=2, timeout_seconds=6)
    summary = ingest_audio(raw, tmp_path, badly, measure_all=measure_badly)
    assert summary.by_status == {"crashed": 1, "ok": 1, "timeout": 1}
    assert dict(rows(raw, "path, status")) == {  # type: ignore[arg-type]
        "crash.wav": "crashed",
        "fine.wav": "ok",
        "hang.wav": "timeout",
    }
    assert all(error for _, _, error in summary.failures)
    # Each try may cost the time limit, so they get another only when it is asked for.
    assert scan_again(raw, tmp_path).measured == 0
    retried = ingest_audio(raw, tmp_path, SETTINGS, Selection(retry=True))
    assert (retried.measured, retried.by_status) == (2, {"ok": 3})


def measure_badly(clips: Sequence[Clip], settings: Audio) -> Iterator[Measured]:
    return run_tasks(
        misbehave,
        clips,
        workers=settings.workers,
        timeout_seconds=settings.timeout_seconds,
    )


def misbehave(clip: Clip) -> Measurement:
    if "crash" in clip.file.name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hang" in clip.file.name:
        time.sleep(60)
    return measure_clip(clip)


def test_no_folder_is_one_sentence(
    tmp_path: Path, raw: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(IngestError, match="no such folder"):
        ingest_audio(raw, tmp_path / "nowhere", SETTINGS)


def test_an_empty_folder(tmp_path: Path, raw: duckdb.DuckDBPyConnection) -> None:
    summary = ingest_audio(raw, tmp_path, SETTINGS)
    assert (summary.found, summary.measured, summary.by_status) == (0, 0, {})
    assert summary.modified_at is None


@pytest.mark.slow
def test_a_killed_scan_goes_on_where_it_stopped(tmp_path: Path) -> None:
    root, warehouse = tmp_path / "audio", tmp_path / "lyre.duckdb"
    root.mkdir()
    for number in range(400):
        (root / f"{number:03}.wav").write_bytes(wav(number, seconds=20.0))
    code = (
        "import sys, duckdb\n"
        "from pathlib import Path\n"
        "from ingest import scan\n"
        "from ingest.tables import create_raw_tables\n"
        "from lyre.settings import Audio\n"
        "def write_and_tell(*arguments):\n"
        "    write(*arguments)\n"
        "    print('written', flush=True)\n"
        "write, scan.write_batch = scan.write_batch, write_and_tell\n"
        "if __name__ == '__main__':\n"
        "    connection = duckdb.connect(sys.argv[1])\n"
        "    create_raw_tables(connection)\n"
        "    settings = Audio(workers=2, batch_files=20)\n"
        "    scan.ingest_audio(connection, Path(sys.argv[2]), settings)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, warehouse, root], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline() == b"written\n"
        process.kill()
    with duckdb.connect(warehouse) as connection:
        done = dict(
            connection.execute(
                "select status, count(*) from raw.audio_files group by status"
            ).fetchall()
        )
        assert 60 <= done["ok"] < 400
        assert done["ok"] % 20 == 0
        summary = ingest_audio(connection, root, Audio(workers=2))
        assert summary.measured == 400 - done["ok"]
        assert summary.by_status == {"ok": 400}


@pytest.mark.parametrize("own", ["audio", "audio/b", ".", "link"])
def test_folders_of_clips_lie_apart(
    raw: duckdb.DuckDBPyConnection, tmp_path: Path, own: str
) -> None:
    root = tmp_path / "audio"
    (root / "b").mkdir(parents=True)
    (root / "b" / "a.wav").write_bytes(wav())
    (tmp_path / "link").symlink_to("audio")
    with pytest.raises(IngestError, match="lie in the folder of those of"):
        ingest_audio(raw, root, SETTINGS, datasets={"mine": tmp_path / own})
    beside = {"mine": tmp_path / own, "yours": root / "b"}
    with pytest.raises(IngestError, match="lie in the folder of those of"):
        ingest_audio(raw, None, SETTINGS, datasets=beside)
    assert rows(raw, "path") == []


@pytest.mark.parametrize("closed", ["", "b", "own", "own/b"])
def test_what_cannot_be_looked_at_has_not_vanished(
    raw: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    closed: str,
) -> None:
    root, own = tmp_path / "audio", tmp_path / "other"
    for folder in (root, own):
        (folder / "b").mkdir(parents=True)
        (folder / "bb.wav").write_bytes(wav(1))
        (folder / "b" / "a.wav").write_bytes(wav(2))
    load_audio(raw, root, SETTINGS, Selection(), {"own": own})
    before = rows(raw, "path, status, scanned_at")
    place = (own if closed.startswith("own") else root) / closed.removeprefix("own")
    place = own / "b" if closed == "own/b" else place
    scandir = os.scandir

    def refused(path: os.PathLike[str]) -> object:
        if Path(path) == place:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    summary = load_audio(raw, root, SETTINGS, Selection(), {"own": own})
    assert summary.unread == [(str(place), "cannot be looked at: Permission denied")]
    assert (summary.vanished, summary.measured) == (0, 0)
    assert rows(raw, "path, status, scanned_at") == before
    aside = "select source, path, reason from raw.rows_set_aside"
    assert raw.execute(aside).fetchall() == [("audio", *summary.unread[0])]
    monkeypatch.undo()
    (root / "bb.wav").unlink()
    assert load_audio(raw, root, SETTINGS, Selection(), {"own": own}).vanished == 1
    assert raw.execute(aside).fetchall() == []


def test_a_clip_that_changes_while_it_is_scanned_is_measured_by_the_next_scan(
    raw: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(wav(1))

    def listed_and_then_changed(*arguments: object) -> object:
        found = listing.list_audio(*arguments)
        (tmp_path / "b.wav").write_bytes(wav(2, seconds=0.6))
        return found

    monkeypatch.setattr(scan, "list_audio", listed_and_then_changed)
    first = ingest_audio(raw, tmp_path, SETTINGS)
    assert [failure[:2] for failure in first.failures] == [("b.wav", "unreadable")]
    assert "changed while it was scanned" in first.failures[0][2]
    assert rows(raw, "decoded_seconds") == [(0.5,), (None,)]
    monkeypatch.undo()
    second = ingest_audio(raw, tmp_path, SETTINGS)
    assert (second.measured, second.failures) == (1, [])
    assert rows(raw, "status, decoded_seconds") == [("ok", 0.5), ("ok", 0.6)]


def test_a_clip_that_changes_while_it_is_decoded_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(1))
    (clip,) = [
        Clip(each, str(tmp_path), (60.0,)) for each in list_audio(tmp_path, print)
    ]
    measure = listing.measure

    def measured_and_then_changed(*arguments: object, **options: object) -> object:
        found = measure(*arguments, **options)
        file.write_bytes(wav(2, seconds=0.6))
        return found

    monkeypatch.setattr(listing, "measure", measured_and_then_changed)
    assert listing.measure_clip(clip).status == "unreadable"
