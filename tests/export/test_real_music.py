"""Real clips through the export; the expected lengths are those of audio.csv."""

import csv

import librosa
import numpy as np
import pytest

from dataset import framing, labels, records, verify
from export import clips as encoding
from export import stage
from export.recipe import Recipe

SPLIT_OF = {
    "TRWJAZW128F42760DD_test.mp3": "test",
    "test-1.mp3": "validation",
}


@pytest.fixture(scope="session")
def music(real):
    return sorted(path.name for path in (real / "music").iterdir())


@pytest.fixture
def music_warehouse(music, make_warehouse):
    rows = [
        (
            *("msd", f"TR{number}", f"artist {number}", None, None, None, None),
            *(f"music/{name}", None, SPLIT_OF.get(name, "train"), ["jazz"]),
        )
        for number, name in enumerate(music)
    ]
    return make_warehouse(rows)


def exported(warehouse, folder, real, features):
    made = stage.prepare(warehouse, folder, Recipe("v2"), features)
    told = stage.run(made, folder, real)
    assert told.left_out == []
    assert verify.verify(folder) == []
    return {
        track.track_id: records.deserialize(
            framing.read_at(folder / track.shard, track.offset)
        ).audio
        for track in labels.read(folder)
    }


def test_waveforms_are_as_long_as_ffmpeg_decodes(
    music_warehouse, music, real, tmp_path
):
    features = encoding.features("waveform")
    found = exported(music_warehouse, tmp_path / "out", real, features)
    with (real / "audio.csv").open(encoding="utf-8") as file:
        facts = {row["file"]: row for row in csv.DictReader(file)}
    stated = [number for number, name in enumerate(music) if f"music/{name}" in facts]
    assert len(stated) >= 5
    for number in stated:
        fact = facts[f"music/{music[number]}"]
        seconds = int(fact["ffmpeg_mono_samples"]) / int(fact["header_rate_hz"])
        # Decoders differ by less than two MPEG frames at the start and the end.
        assert len(found[f"TR{number}"]) == pytest.approx(seconds * 16_000, abs=2_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "n_fft", "hop", "n_mels"),
    [("urop2019", 2048, 512, 96), ("musicnn", 512, 256, 96)],
)
def test_logmels_are_librosas(
    music_warehouse, music, real, tmp_path, preset, n_fft, hop, n_mels
):
    features = encoding.features("logmel", preset)
    found = exported(music_warehouse, tmp_path / "out", real, features)
    for number, name in enumerate(music):
        samples, _ = librosa.load(real / "music" / name, sr=16_000)
        mel = librosa.feature.melspectrogram(
            y=samples, sr=16_000, n_fft=n_fft, hop_length=hop, n_mels=n_mels
        )
        if preset == "musicnn":
            expected = np.log10(10_000 * mel + 1)
            step = 0.002
        else:
            expected = librosa.power_to_db(mel, ref=1.0, amin=1e-10, top_db=80.0)
            step = 0.0313  # half a unit in the last place of a float16 below 128
        mine = found[f"TR{number}"].astype(np.float32)
        frames = min(len(mine), expected.shape[1])
        assert abs(len(mine) - expected.shape[1]) <= 2
        assert np.abs(mine[:frames] - expected.T[:frames]).max() < step + 1e-3
