"""The rule of librosa's split, block by block."""

from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.decode import decode
from audio.errors import AudioError
from audio.mono import to_mono
from audio.silence import (
    SILENT_DB,
    FrameEnergies,
    loudest_db,
    silent_intervals,
    sound_intervals,
)

Samples = npt.NDArray[np.float32]


def rms_of(samples: Samples, block: int = 10_007) -> npt.NDArray[np.float64]:
    energies = FrameEnergies()
    for start in range(0, len(samples), block):
        energies.add(samples[start : start + block])
    return energies.rms()


def assert_equals_librosa(samples: Samples) -> None:
    rms = rms_of(samples)
    expected = librosa.feature.rms(y=samples)[0]
    np.testing.assert_allclose(rms, expected, rtol=1e-4, atol=1e-7)
    for top_db in (20, 60, 80):
        found = sound_intervals(rms, len(samples), top_db)
        assert np.array_equal(found, librosa.effects.split(samples, top_db=top_db))


def test_real_clips_are_split_as_librosa_does(real: Path) -> None:
    compared = 0
    for folder in ("audio", "music"):
        for path in sorted((real / folder).iterdir()):
            try:
                mono = np.concatenate([to_mono(block) for block in decode(path)])
            except AudioError:
                continue
            assert_equals_librosa(mono)
            compared += 1
    assert compared == 48


@pytest.mark.parametrize("seed", range(40))
def test_random_signals_are_split_as_librosa_does(seed: int) -> None:
    random = np.random.default_rng(seed)
    samples = random.standard_normal(random.integers(1, 60_000)).astype(np.float32)
    samples *= np.float32(10 ** random.uniform(-6, 0))
    for _ in range(random.integers(0, 4)):
        start = random.integers(0, len(samples))
        samples[start : start + random.integers(1, 20_000)] *= np.float32(1e-4)
    assert_equals_librosa(samples)


def test_blocks_of_any_size_give_the_same() -> None:
    samples = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    whole = rms_of(samples, 5000)
    for block in (1, 511, 512, 2048):
        assert np.array_equal(rms_of(samples, block), whole)


def test_a_gap_by_hand() -> None:
    samples = np.ones(30 * 512, np.float32)
    samples[10 * 512 : 20 * 512] = 0
    # A frame reaches 1,024 samples to both sides: frames 12 to 18 hold zeros only.
    sound = sound_intervals(rms_of(samples), len(samples), 60)
    assert sound.tolist() == [[0, 12 * 512], [19 * 512, 30 * 512]]
    silent = silent_intervals(sound, len(samples))
    assert silent.tolist() == [[12 * 512, 19 * 512]]


def test_silence_at_both_ends() -> None:
    samples = np.zeros(30 * 512, np.float32)
    samples[10 * 512 : 20 * 512] = 1
    sound = sound_intervals(rms_of(samples), len(samples), 60)
    assert sound.tolist() == [[9 * 512, 22 * 512]]
    silent = silent_intervals(sound, len(samples))
    assert silent.tolist() == [[0, 9 * 512], [22 * 512, 30 * 512]]


def test_digital_silence_is_all_sound_but_has_no_level() -> None:
    rms = rms_of(np.zeros(44100, np.float32))
    sound = sound_intervals(rms, 44100, 60)
    assert sound.tolist() == [[0, 44100]]
    assert silent_intervals(sound, 44100).tolist() == []
    assert loudest_db(rms) == SILENT_DB == -200.0


def test_level_of_the_loudest_frame() -> None:
    samples = np.zeros(44100, np.float32)
    samples[10_000:20_000] = 0.1
    assert loudest_db(rms_of(samples)) == pytest.approx(-20.0, abs=1e-5)


def test_no_samples_no_frames() -> None:
    assert len(FrameEnergies().rms()) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 4000), st.sampled_from([0.0, 1e-6, 1e-3, 0.1, 1.0])),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([20.0, 40.0, 60.0]),
)
@settings(max_examples=50, deadline=None)
def test_sound_and_silence_fill_the_clip(
    pieces: list[tuple[int, float]], top_db: float
) -> None:
    samples = np.concatenate([np.full(n, level, np.float32) for n, level in pieces])
    sound = sound_intervals(rms_of(samples), len(samples), top_db)
    silent = silent_intervals(sound, len(samples))
    cut = sorted([*sound.tolist(), *silent.tolist()])
    # No gap, no overlap, nothing empty, from the first sample to the last.
    assert [start for start, _ in cut] == [0, *(end for _, end in cut[:-1])]
    assert cut[-1][1] == len(samples)
    assert all(start < end for start, end in cut)
    assert len(sound) > 0
