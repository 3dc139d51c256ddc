"""Real songs, encoded again: SQL finds them by their fingerprints and no others."""

from pathlib import Path
from typing import Any

import pytest
import soundfile

import audio
from ingest.scan import ingest_audio
from ingest.tables import create_raw_tables
from lyre.settings import Audio
from warehouse.database import open_to_write

SONGS = {
    "blues": "TRWJAZW128F42760DD_test.mp3",
    "vibe": "Kevin_MacLeod_-_Vibe_Ace.ogg",
    "drums": "admiralbob77_-_Choice_-_Drum-bass.ogg",
    "ambient": "joram-moments_of_clarity-08-solipsism-59-88.mp3",
    "folk": "test-1.mp3",
}


def write_versions(clip: Path, name: str, folder: Path) -> None:
    """Write a song as it is, softer at a low bit rate, and beginning a second later."""
    (folder / f"{name}{clip.suffix}").write_bytes(clip.read_bytes())
    samples = audio.load(str(clip), 44100)
    soft = folder / f"{name}-soft.mp3"
    soundfile.write(soft, 0.25 * samples, 44100, compression_level=0.99)
    later = samples[round(1.06 * 44100) :]
    soundfile.write(folder / f"{name}-later.flac", later, 44100)


@pytest.mark.slow
def test_songs_are_found_in_other_encodings(
    project: Any, tmp_path: Path, real: Path
) -> None:
    pytest.importorskip("chromaprint", exc_type=ImportError)
    clips = tmp_path / "clips"
    clips.mkdir()
    for name, file in SONGS.items():
        write_versions(real / "music" / file, name, clips)
    own = type(project)(tmp_path, project.target)
    with open_to_write(own.warehouse) as connection:
        create_raw_tables(connection)
        ingest_audio(connection, clips, Audio(workers=1, fingerprints=True))
    done = own.dbt("run", "--select", "+near_duplicates")
    assert done.returncode == 0, done.stdout
    found = own.rows(
        "select path, other_path, seconds_later, bit_error_rate "
        "from marts.near_duplicates"
    )
    pairs = {tuple(path.rpartition(".")[0] for path in row[:2]) for row in found}
    assert pairs == {
        pair
        for name in SONGS
        for pair in (
            (f"{name}-later", f"{name}-soft"),
            (f"{name}-later", name),
            (f"{name}-soft", name),
        )
    }
    for path, other, later, error_rate in found:
        shift = -1.06 if "later" in path else 0
        assert later == pytest.approx(shift, abs=1365 / 11025), (path, other)
        assert error_rate < 0.1
