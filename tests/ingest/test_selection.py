"""Which clips a scan decodes."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile

from ingest.errors import IngestError
from ingest.forecast import forecast_audio
from ingest.scan import ingest_audio
from ingest.selection import Selection, parse_share
from lyre.settings import Audio

SETTINGS = Audio(workers=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of 40 clips of a tenth of a second."""
    folder = tmp_path / "audio"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(40):
        buffer = io.BytesIO()
        soundfile.write(buffer, random.uniform(-0.5, 0.5, 800), 8000, format="WAV")
        (folder / f"{number}.wav").write_bytes(buffer.getvalue())
    return folder


def decide(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """Write what dbt would."""
    connection.execute("create schema if not exists marts")
    connection.execute("create or replace table marts.clips_to_decode (path varchar)")
    for path in paths:
        connection.execute("insert into marts.clips_to_decode values (?)", [path])


def measured(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("select path from raw.audio_files where status = 'ok'")
    return {path for (path,) in rows.fetchall()}


def test_listing_is_enough_for_the_rules_that_need_no_decoding(
    raw: duckdb.DuckDBPyConnection, root: Path
) -> None:
    summary = ingest_audio(raw, root, SETTINGS, Selection(list_only=True))
    assert (summary.found, summary.measured) == (40, 0)
    assert summary.by_status == {"listed": 40}
    assert summary.failures == []
    row = raw.execute(
        "select size_bytes, content_sha256, scanned_at from raw.audio_files limit 1"
    ).fetchone()
    assert row == (44 + 1600, None, None)


def test_only_clips_that_sql_names_are_decoded(
    raw: duckdb.DuckDBPyConnection, root: Path
) -> None:
    ingest_audio(raw, root, SETTINGS, Selection(list_only=True))
    decide(raw, ["3.wav", "7.wav", "not there.wav"])
    summary = ingest_audio(raw, root, SETTINGS, Selection(pending=True))
    assert summary.by_status == {"listed": 38, "ok": 2}
    assert measured(raw) == {"3.wav", "7.wav"}
    # The rules changed: what was decoded stays, what is new is added.
    decide(raw, ["3.wav", "8.wav"])
    assert ingest_audio(raw, root, SETTINGS, Selection(pending=True)).measured == 1
    assert measured(raw) == {"3.wav", "7.wav", "8.wav"}
    assert ingest_audio(raw, root, SETTINGS).measured == 37


def test_without_the_table_of_sql_nothing_is_done(
    raw: duckdb.DuckDBPyConnection, root: Path
) -> None:
    with pytest.raises(IngestError, match="run `dbt run` first"):
        ingest_audio(raw, root, SETTINGS, Selection(pending=True))
    assert raw.execute("select count(*) from raw.audio_files").fetchall() == [(0,)]


def test_a_sample_goes_by_the_hash_of_the_path_and_grows(
    raw: duckdb.DuckDBPyConnection, root: Path
) -> None:
    def expected(share: float) -> set[str]:
        digests = {
            path.name: hashlib.md5(path.name.encode()).hexdigest()
            for path in root.iterdir()
        }
        limit = share * 2**32
        return {name for name, digest in digests.items() if int(digest[:8], 16) < limit}

    for share in (0.1, 0.4):
        ingest_audio(raw, root, SETTINGS, Selection(share=share))
        assert measured(raw) == expected(share)
    assert 8 < len(expected(0.4)) < 24


@pytest.mark.parametrize(
    "options", [{"pending": True}, {"share": 0.5}, {"retry": True}]
)
def test_to_list_only_does_not_go_with_a_choice(options: dict[str, object]) -> None:
    with pytest.raises(IngestError, match="--list-only decodes no clip"):
        Selection(list_only=True, **options)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(list_only=True),
        Selection(pending=True),
        Selection(share=0.5),
        Selection(pending=True, share=0.5),
        Selection(retry=True),
    ],
)
@pytest.mark.parametrize("thresholds", [[60.0], [60.0, 30.0]])
def test_a_forecast_is_what_the_scan_then_does(
    raw: duckdb.DuckDBPyConnection,
    root: Path,
    selection: Selection,
    thresholds: list[float],
) -> None:
    settings = Audio(workers=1, silence_thresholds_db=thresholds)
    ingest_audio(raw, root, SETTINGS, Selection(share=0.4))
    raw.execute("update raw.audio_files set status = 'crashed' where path = '1.wav'")
    decide(raw, ["1.wav", "2.wav", "3.wav", "4.wav", "new.wav"])
    (root / "2.wav").unlink()
    (root / "3.wav").write_bytes((root / "4.wav").read_bytes() + b"\0")
    (root / "new.wav").write_bytes((root / "4.wav").read_bytes())
    foreseen = forecast_audio(raw, root, {}, settings, selection)
    done = ingest_audio(raw, root, settings, selection)
    assert foreseen.reason == (f"1 new, 1 changed, 1 gone; {done.measured} to decode")
    after = forecast_audio(raw, root, {}, settings, selection)
    assert (after.action, after.reason) == ("skip", "nothing new; 0 to decode")


def test_a_forecast_without_a_warehouse(root: Path) -> None:
    found = forecast_audio(None, root, {}, SETTINGS, Selection(list_only=True))
    assert (found.action, found.reason) == ("load", "40 new; 0 to decode")
    with pytest.raises(IngestError, match="run `dbt run` first"):
        forecast_audio(None, root, {}, SETTINGS, Selection(pending=True))


def test_clips_of_a_folder_that_is_not_looked_into_are_not_foreseen_as_gone(
    raw: duckdb.DuckDBPyConnection, root: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.wav").write_bytes((root / "1.wav").read_bytes())
    ingest_audio(raw, root, SETTINGS, datasets={"own": own})
    for where, datasets in ((root, {}), (None, {"own": own})):
        found = forecast_audio(raw, where, datasets, SETTINGS, Selection())
        assert found.reason == "nothing new; 0 to decode"


def test_what_is_not_chosen_keeps_its_measurements(
    raw: duckdb.DuckDBPyConnection, root: Path
) -> None:
    ingest_audio(raw, root, SETTINGS)
    other = Audio(workers=1, silence_thresholds_db=[30.0, 60.0])
    decide(raw, ["3.wav"])
    summary = ingest_audio(raw, root, other, Selection(pending=True))
    assert (summary.measured, summary.by_status) == (1, {"ok": 40})
    found = raw.execute(
        "select path from raw.audio_files where len(silence_thresholds_db) = 2"
    ).fetchall()
    assert found == [("3.wav",)]


def test_measuring_again_replaces_the_silences(
    raw: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 32_000)
    sound[8000:24_000] = 0
    soundfile.write(tmp_path / "a.wav", sound, 8000)
    for thresholds in ([60.0], [60.0, 30.0]):
        settings = Audio(workers=1, silence_thresholds_db=thresholds)
        ingest_audio(raw, tmp_path, settings)
        rows = raw.execute("select threshold_db from raw.audio_silences order by 1")
        assert rows.fetchall() == [(each,) for each in sorted(thresholds)]


@pytest.mark.parametrize(("text", "share"), [("1%", 0.01), ("0.25", 0.25), ("100%", 1)])
def test_shares(text: str, share: float) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "%", "0", "101%", "-1%", "some", "nan"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(IngestError, match="no share of the clips"):
        parse_share(text)


def test_fingerprints_are_taken_of_the_clips_that_have_none_yet(
    raw: duckdb.DuckDBPyConnection, real: Path, tmp_path: Path
) -> None:
    pytest.importorskip("chromaprint", exc_type=ImportError)
    clips = [real / "music/test-1.mp3", real / "music/sorohanro_-_solo-trumpet-06.ogg"]
    for clip in clips:
        (tmp_path / clip.name).write_bytes(clip.read_bytes())
    (tmp_path / "broken.mp3").write_bytes(b"<html>")
    taking = Audio(workers=1, fingerprints=True)
    assert ingest_audio(raw, tmp_path, SETTINGS).measured == 3
    assert fingerprinted(raw) == {}
    assert ingest_audio(raw, tmp_path, taking).measured == 2
    assert fingerprinted(raw) == {clip.name: True for clip in clips}
    # They stay when a scan without them measures anew, but not with the file.
    again = Audio(workers=1, silence_thresholds_db=[30.0])
    assert ingest_audio(raw, tmp_path, again).measured == 3
    assert len(fingerprinted(raw)) == 2
    (tmp_path / "test-1.mp3").write_bytes(clips[1].read_bytes())
    assert ingest_audio(raw, tmp_path, again).measured == 1
    assert set(fingerprinted(raw)) == {clips[1].name}
    assert ingest_audio(raw, tmp_path, taking).measured == 3


def fingerprinted(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    found = connection.execute(
        "select path, len(fingerprint) > 10 from raw.audio_fingerprints"
    )
    return dict(found.fetchall())
