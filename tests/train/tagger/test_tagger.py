import csv
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

import audio
from audio.errors import AudioError
from audio.resample import resample
from train.errors import TrainError
from train.tagger import Tagger
from train.tagger.finding import find
from train.tagger.predict import predict

_RATE = 16_000


@pytest.fixture(scope="module")
def tagger(band_run: tuple) -> Tagger:
    return Tagger.load(band_run[0].folder)


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-0.3, 0.3, 5 * _RATE).astype(np.float32)


def test_scores_are_the_mean_over_evenly_spaced_windows(
    tagger: Tagger, noise: np.ndarray
) -> None:
    found = tagger.predict(noise, _RATE, windows=4)
    assert found.tags == ("rock", "jazz", "pop")
    assert found.windows.shape == (4, 3)
    np.testing.assert_allclose(found.scores, found.windows.mean(axis=0), rtol=1e-6)
    assert found.seconds == 5.0
    # 5 s are 157 frames, a window 31 of them: starts 0, 42, 84, 126.
    np.testing.assert_allclose(found.starts, np.array([0, 42, 84, 126]) * 512 / _RATE)


def test_windows_at_a_hop_end_at_the_end(tagger: Tagger, noise: np.ndarray) -> None:
    found = tagger.predict(noise, _RATE, hop=2.0)
    # 2 s are 62.5 frames, rounded to 62; the last place is frame 126.
    np.testing.assert_allclose(found.starts, np.array([0, 62, 124, 126]) * 512 / _RATE)


@pytest.mark.parametrize("hop", [1e12, 1e300, 1e308])
def test_a_hop_beyond_the_end_leads_to_the_end(
    hop: float, tagger: Tagger, noise: np.ndarray
) -> None:
    found = tagger.predict(noise, _RATE, hop=hop)
    usual = tagger.predict(noise, _RATE, hop=2.0)
    assert found.starts.tolist() == [0.0, usual.starts[-1]]


def test_what_is_no_hop_number_or_length_of_windows_is_refused(
    tagger: Tagger, noise: np.ndarray
) -> None:
    for hop in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(TrainError, match="leads nowhere"):
            tagger.predict(noise, _RATE, hop=hop)
    for seconds in (0.0, -1.0, math.inf, math.nan, 1e9):
        with pytest.raises(TrainError, match=r"no window is .* s long"):
            tagger.with_window(seconds)


def test_more_windows_than_a_number_of_32_bits(
    tagger: Tagger, noise: np.ndarray
) -> None:
    few = noise[: 2 * _RATE]
    found = tagger.predict(few, _RATE, windows=5_000_000_000)
    assert len(found.starts) == len(tagger.predict(few, _RATE, windows=10_000).starts)


def test_windows_follow_one_another_and_one_ends_at_the_end(
    tagger: Tagger, noise: np.ndarray
) -> None:
    found = tagger.predict(noise, _RATE)
    # 157 frames, windows of 31 without a gap; the last place is frame 126.
    np.testing.assert_allclose(
        found.starts, np.array([0, 31, 62, 93, 124, 126]) * 512 / _RATE
    )


def test_bfloat16_moves_scores_a_little(
    tagger: Tagger, noise: np.ndarray, band_run: tuple
) -> None:
    quick = Tagger.load(band_run[0].folder, "bfloat16")
    found = quick.predict(noise, _RATE, embeddings=True)
    expected = tagger.predict(noise, _RATE, embeddings=True)
    assert found.scores.dtype == found.embeddings.dtype == np.float32
    assert 0 < np.abs(found.scores - expected.scores).max() < 0.05
    np.testing.assert_allclose(found.embeddings, expected.embeddings, atol=0.3)
    assert quick.with_window(2.0).precision == "bfloat16"


def test_a_window_of_another_length_has_the_same_weights(
    tagger: Tagger, noise: np.ndarray
) -> None:
    longer = tagger.with_window(2.0)
    found = longer.predict(noise, _RATE)
    assert found.window_seconds == 2.0
    # 62 frames a window; the last place is frame 95.
    np.testing.assert_allclose(found.starts, np.array([0, 62, 95]) * 512 / _RATE)
    assert tagger.with_window(1.0) is tagger
    back = longer.with_window(1.0).predict(noise, _RATE)
    np.testing.assert_allclose(
        back.windows, tagger.predict(noise, _RATE).windows, atol=1e-6
    )


def test_a_model_of_one_length_says_so(tagger: Tagger) -> None:
    unknown = tagger.bundle.model_copy(update={"model": {"name": "of my own"}})
    with pytest.raises(TrainError, match="windows of 1 s and no others"):
        Tagger(tagger.model, unknown).with_window(2.0)


def test_the_embedding_is_what_the_logits_are_made_of(
    tagger: Tagger, noise: np.ndarray
) -> None:
    found = tagger.predict(noise, _RATE, embeddings=True)
    assert found.embeddings is not None
    assert found.embeddings.shape == (6, 32)
    kernel, bias = tagger.model.get_layer("logits").get_weights()
    logits = found.embeddings @ kernel + bias
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), found.windows, atol=1e-5)
    assert tagger.predict(noise, _RATE).embeddings is None


def test_copies_at_other_rates_agree(
    tagger: Tagger, real: Path, tmp_path: Path
) -> None:
    # The clip at 44.1 kHz and a copy at 16 kHz, both in 24 bits. The resampler is the
    # same in either, so the samples differ by rounding alone: at most 2^-24 of full
    # scale, 144 dB below it, and the log-mel's floor is 100 dB below. A score moves
    # by less than 1e-3; another resampler (polyphase, another filter) by less than .05.
    samples = audio.load(real / "music" / "test-1.mp3", 44_100)
    rates = {44_100: samples, 16_000: resample(samples, 44_100, 16_000)}
    scores = {}
    for rate, copy in rates.items():
        file = tmp_path / f"{rate}.flac"
        soundfile.write(file, np.clip(copy, -1, 1), rate, subtype="PCM_24")
        scores[rate] = tagger.predict(file).scores
    np.testing.assert_allclose(scores[44_100], scores[16_000], atol=1e-3)
    other = signal.resample_poly(samples, 160, 441).astype(np.float32)
    found = tagger.predict(other, _RATE).scores
    np.testing.assert_allclose(scores[44_100], found, atol=0.05)


def test_no_more_windows_than_there_are_places(tagger: Tagger) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 32 * 512).astype(np.float32)
    assert len(tagger.predict(samples, _RATE, windows=16).windows) == 3


@pytest.mark.field_report("R13")
def test_short_clip_is_repeated_and_says_so(tagger: Tagger, noise: np.ndarray) -> None:
    found = tagger.predict(noise[:3000], _RATE)
    assert len(found.windows) == 1
    assert found.notes == ("shorter than a window of 1 s: repeated",)
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize("seconds", [0.2, 1.0, 29.9])
@pytest.mark.field_report("R13")
def test_clips_shorter_than_a_window_of_30_s(tagger: Tagger, seconds: float) -> None:
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.3, 0.3, int(seconds * _RATE)).astype(np.float32)
    found = tagger.with_window(30.0).predict(samples, _RATE)
    assert found.notes == ("shorter than a window of 30 s: repeated",)
    assert found.windows.shape == (1, 3)
    assert np.isfinite(found.scores).all()
    # Padding in silence would give the scores of zeros.
    silent = tagger.with_window(30.0).predict(np.zeros_like(samples), _RATE)
    assert (found.scores != silent.scores).any()


@pytest.mark.field_report("R07")
def test_silence_gives_finite_scores_and_says_so(tagger: Tagger) -> None:
    found = tagger.predict(np.zeros(3 * _RATE, np.float32), _RATE)
    assert np.isfinite(found.scores).all()
    assert found.notes == ("silent: the scores mean nothing",)


def test_file_and_array_agree_at_any_rate_and_channels(
    tagger: Tagger, noise: np.ndarray, tmp_path: Path
) -> None:
    file = tmp_path / "noise.wav"
    soundfile.write(file, noise, _RATE, subtype="FLOAT")
    expected = tagger.predict(noise, _RATE).scores
    assert (tagger.predict(file).scores == expected).all()
    assert (tagger.predict(str(file)).scores == expected).all()
    stereo = np.stack([noise, noise], axis=1)
    assert (tagger.predict(stereo, _RATE).scores == expected).all()
    assert (tagger.predict(stereo.astype(np.float64), _RATE).scores == expected).all()


@pytest.mark.field_report("R55")
def test_same_file_alone_and_among_others(
    tagger: Tagger, noise: np.ndarray, tmp_path: Path
) -> None:
    files = []
    for number in range(4):
        file = tmp_path / f"{number}.flac"
        soundfile.write(file, noise[number * 4000 :], _RATE)
        files.append(file)
    alone = tagger.predict(files[2]).scores
    for order in (files, files[::-1]):
        outcomes = {found.path: found for found in predict(tagger, order)}
        tagging = outcomes[files[2]].tagging
        assert tagging is not None
        np.testing.assert_allclose(tagging.scores, alone, atol=1e-6)


def test_top_is_sorted_cut_and_filtered(tagger: Tagger, noise: np.ndarray) -> None:
    found = tagger.predict(noise, _RATE)
    scores = [score for _, score in found.top()]
    assert scores == sorted(scores, reverse=True)
    assert dict(found.top()) == pytest.approx(
        dict(zip(found.tags, found.scores.tolist(), strict=True))
    )
    assert len(found.top(2)) == 2
    assert found.top(threshold=1.0) == []


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(100, np.float32), None, "needs its sample rate"),
        (np.zeros(100, np.int16), _RATE, "type int16"),
        (np.zeros((2, 2, 2), np.float32), _RATE, "shape"),
        (np.full(100, np.nan, np.float32), _RATE, "not finite"),
        (np.zeros(0, np.float32), _RATE, "no audio"),
    ],
)
def test_unusable_array_is_refused(
    tagger: Tagger, samples: np.ndarray, rate: int | None, message: str
) -> None:
    with pytest.raises(TrainError, match=message):
        tagger.predict(samples, rate)


def test_unusable_file_is_refused(tagger: Tagger, tmp_path: Path) -> None:
    file = tmp_path / "page.mp3"
    file.write_text("<html>404</html>")
    with pytest.raises(AudioError, match=r"page\.mp3: not audio but HTML"):
        tagger.predict(file)


@pytest.mark.field_report("R55")
def test_model_without_weights_or_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="no model"):
        Tagger.load(tmp_path)
    with pytest.raises(TrainError, match="no model here"):
        Tagger.load(tmp_path / "absent.keras")


def test_real_music_of_any_length_and_rate(tagger: Tagger, real: Path) -> None:
    files = find([real / "music"])
    assert len(files) == 7
    for found in predict(tagger, files):
        assert found.tagging is not None, found
        assert np.isfinite(found.tagging.scores).all()
        samples = audio.load(found.path, _RATE)
        assert found.tagging.seconds == pytest.approx(len(samples) / _RATE)


def test_odd_real_files_each_give_a_result_or_a_reason(
    tagger: Tagger, real: Path
) -> None:
    with (real / "audio.csv").open(encoding="utf-8") as lines:
        decoded = {
            row["file"]: int(row["ffmpeg_mono_samples"] or 0)
            for row in csv.DictReader(lines)
            if row["file"].startswith("audio/")
        }
    outcomes = list(predict(tagger, [real / name for name in decoded]))
    # What FFmpeg reads samples of is tagged, and nothing else.
    tagged = {found.path for found in outcomes if found.tagging is not None}
    assert tagged == {real / name for name, samples in decoded.items() if samples}
    for found in outcomes:
        if found.tagging is not None:
            assert np.isfinite(found.tagging.scores).all()
        else:
            assert found.error
            assert "\n" not in found.error


def test_a_clip_in_an_mp4_file_is_tagged_like_its_samples(
    tagger: Tagger, tmp_path: Path
) -> None:
    av = pytest.importorskip("av")
    seconds = np.arange(5 * _RATE) / _RATE
    tones = [np.sin(2 * np.pi * hertz * seconds) for hertz in (220.0, 440.0, 1870.0)]
    wave = (0.2 * np.sum(tones, axis=0)).astype(np.float32)
    with av.open(str(tmp_path / "tones.m4a"), "w") as file:
        stream = file.add_stream("aac", rate=_RATE, layout="mono", bit_rate=192_000)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate = _RATE
        file.mux([*stream.encode(frame), *stream.encode()])
    found = tagger.predict(tmp_path / "tones.m4a")
    # AAC pads the start and the end to whole frames of 1,024 samples.
    assert found.seconds == pytest.approx(5.0, abs=3 * 1024 / _RATE)
    expected = tagger.predict(wave, _RATE)
    np.testing.assert_allclose(found.scores, expected.scores, atol=0.05)
