"""The hash of a sound: every sample counts, the cut into blocks does not."""

import hashlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from audio.identity import SoundHash
from audio.measure import measure
from audio.mono import to_mono

Encode = Callable[..., bytes]
Samples = npt.NDArray[np.float32]

# Primes of xxHash64, as its specification gives them in decimal.
FACTORS = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
)


def hashed(samples: Samples, block_frames: int = 65536) -> str:
    sound = SoundHash(22050)
    for start in range(0, len(samples), block_frames):
        block = np.ascontiguousarray(samples[start : start + block_frames])
        sound.add(block, to_mono(block), float(np.abs(block).max()))
    return sound.hexdigest()


@pytest.fixture(scope="session")
def samples() -> Samples:
    """Return stereo in steps of 1/1024, so that no mix of it is rounded."""
    random = np.random.default_rng(0)
    return random.integers(-1023, 1024, (100_000, 2)).astype(np.float32) / 1024


def test_the_hash_by_hand(samples: Samples) -> None:
    """Count in Python's own integers, which neither round nor overflow."""
    mix = [
        int(32768 * (0.5 * float(left) + 0.5 * float(right)))
        for left, right in samples[:40_000]
    ]
    first = [int(32768 * float(left)) for left in samples[:40_000:64, 0]]
    lanes = [
        int.from_bytes(np.array(mix[at : at + 4], "<i2").tobytes(), "little")
        for at in range(0, 32768, 4)
    ]
    for factor in FACTORS:
        half = len(lanes) // 2
        pairs = zip(lanes[:half], lanes[half:], strict=True)
        lanes = [(first * factor + second) % 2**64 for first, second in pairs]
    content = b"22050 Hz" + b"".join(value.to_bytes(8, "little") for value in lanes)
    content += np.array(mix[32768:], "<i2").tobytes()
    content += hashlib.sha256(np.array(first, "<i2").tobytes()).digest()
    assert hashed(samples[:40_000]) == hashlib.sha256(content).hexdigest()


def test_the_cut_into_blocks_changes_nothing(samples: Samples) -> None:
    assert hashed(samples, 32768) == hashed(samples, 65536)


def test_any_one_sample_changes_the_hash(samples: Samples) -> None:
    original = hashed(samples)
    places = [0, 1, 1023, 4096, 32767, 32768, 65535, 65536, 99_999]
    for place in places:
        for channel in (0, 1):
            changed = samples.copy()
            changed[place, channel] += -0.01 if changed[place, channel] > 0 else 0.01
            assert hashed(changed) != original


def test_channels_of_opposite_phase_are_told_apart(samples: Samples) -> None:
    left = samples[:, :1]
    clips = [left * [1, -1], left * [-1, 1], left * [0.5, -0.5], left * [0, 0]]
    assert len({hashed(clip.astype(np.float32)) for clip in clips}) == 4


def test_order_counts(samples: Samples) -> None:
    swapped = samples.copy()
    swapped[:32768], swapped[32768:65536] = samples[32768:65536], samples[:32768]
    assert hashed(swapped) != hashed(samples)
    for shift in (1, 4, 2048, 4096, 8192, 16384):
        moved = np.roll(samples[:32768], shift, axis=0)
        assert hashed(moved) != hashed(samples[:32768])
    # Also the quarters that a fold brings together.
    first, second, third, fourth = np.split(samples[:32768], 4)
    swapped = np.concatenate([first, third, second, fourth])
    assert hashed(swapped) != hashed(samples[:32768])


def test_a_mono_clip_equals_itself_doubled_over_many_blocks(encode: Encode) -> None:
    random = np.random.default_rng(1)
    pcm = random.integers(-20_000, 20_000, (150_000, 1)).astype(np.int16)
    mono = measure(encode(pcm, 44100, "WAV")).sound_sha256
    assert mono == measure(encode(pcm[:, [0, 0]], 44100, "WAV")).sound_sha256
    assert mono == measure(encode(pcm, 44100, "FLAC")).sound_sha256
