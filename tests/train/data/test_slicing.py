import numpy as np
import pytest

from train.data import slicing
from train.data.windows import Window


def _window(**changes: object) -> Window:
    values = {
        "seconds": 1.0,
        "shape": [4, 2],
        "short_clips": "repeat",
        "standardise": "none",
    }
    return Window.model_validate(values | changes)


@pytest.mark.parametrize(
    ("steps", "count", "expected"),
    [
        # 10 steps leave the starts 0 to 6.
        (10, 1, [3]),
        (10, 2, [0, 6]),
        (10, 3, [0, 3, 6]),
        (10, 4, [0, 2, 4, 6]),
        (10, 7, [0, 1, 2, 3, 4, 5, 6]),
        (10, 16, [0, 1, 2, 3, 4, 5, 6]),
        (5, 16, [0, 1]),
        (4, 16, [0]),
        (4, 1, [0]),
    ],
)
def test_even_starts_by_hand(steps: int, count: int, expected: list[int]) -> None:
    assert slicing.even_starts(steps, 4, count).numpy().tolist() == expected


def test_even_starts_of_an_hour_of_samples_do_not_overflow() -> None:
    steps = 3600 * 44_100
    starts = slicing.even_starts(steps, 44_100, 1000).numpy()
    assert starts[0] == 0
    assert starts[-1] == steps - 44_100
    assert (np.diff(starts) > 0).all()


@pytest.mark.parametrize(
    ("steps", "hop", "expected"),
    [(10, 4, [0, 4, 6]), (10, 3, [0, 3, 6]), (4, 2, [0]), (12, 4, [0, 4, 8])],
)
def test_hop_starts_end_at_the_end(steps: int, hop: int, expected: list[int]) -> None:
    assert slicing.hop_starts(steps, 4, hop).numpy().tolist() == expected


def test_short_clip_is_repeated_or_padded() -> None:
    audio = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    repeated = slicing.prepared(audio, _window()).numpy()
    assert repeated.tolist() == [[1, 2], [3, 4], [5, 6], [1, 2]]
    padded = slicing.prepared(audio, _window(short_clips="pad")).numpy()
    assert padded.tolist() == [[1, 2], [3, 4], [5, 6], [1, 1]]
    waveform = np.array([0.5, -0.5], np.float32)
    window = _window(short_clips="pad", shape=[4])
    assert slicing.prepared(waveform, window).numpy().tolist() == [0.5, -0.5, 0, 0]


@pytest.mark.parametrize("short_clips", ["repeat", "pad"])
def test_long_clip_is_left_as_it_is(short_clips: str) -> None:
    audio = np.arange(18, dtype=np.float32).reshape(9, 2)
    found = slicing.prepared(audio, _window(short_clips=short_clips))
    assert found.numpy().tolist() == audio.tolist()


def test_each_window_is_standardised_by_itself() -> None:
    rng = np.random.default_rng(0)
    audio = rng.normal([[1.0, 5.0]], 3.0, (40, 2)).astype(np.float32)
    window = _window(standardise="window")
    found = slicing.cut(slicing.prepared(audio, window), [0, 7, 36], window).numpy()
    for start, values in zip((0, 7, 36), found, strict=True):
        part = audio[start : start + 4].astype(np.float64)
        np.testing.assert_allclose(
            values, (part - part.mean()) / part.std(), rtol=1e-5, atol=1e-6
        )


def test_track_is_standardised_as_a_whole() -> None:
    audio = np.array([0, 2, 0, 2, 0, 2], np.float32)
    window = _window(shape=[2], standardise="track")
    found = slicing.cut(slicing.prepared(audio, window), [1], window).numpy()
    assert found.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("level", [0.0, -100.0, 1e-12])
@pytest.mark.parametrize("standardise", ["window", "track"])
@pytest.mark.field_report("R07")
def test_silence_becomes_zero_and_not_nan(level: float, standardise: str) -> None:
    # A constant clip has no deviation to divide by.
    window = _window(standardise=standardise)
    audio = np.full((9, 2), level, np.float32)
    found = slicing.cut(slicing.prepared(audio, window), [0, 5], window).numpy()
    np.testing.assert_allclose(found, 0.0, atol=1e-6)
