"""Single sounds: strings, keys, winds, voices and drums, as arrays of samples.

All return float32 mono at `RATE`, about 1 at their loudest. `midi` is a pitch as a MIDI
note number (69 is 440 Hz), `count` a length in samples; other lengths are in seconds,
and what a drum sounds like (`low`, `tone`) in Hz.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import signal

RATE = 22050

Samples = npt.NDArray[np.float32]

# Formants in Hz of five vowels of a low voice; a high voice has them higher.
_VOWELS: tuple[tuple[float, float, float], ...] = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (390, 1990, 2550),
    (570, 840, 2410),
    (440, 1020, 2240),
)


def hertz(midi: float) -> float:
    """Return the frequency of a MIDI note number."""
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def noise(rng: np.random.Generator, count: int) -> Samples:
    """Return white noise between -1 and 1."""
    return rng.random(count, dtype=np.float32) * 2 - 1


@lru_cache(maxsize=64)
def _butter(
    order: int, cutoff: tuple[float, ...], kind: str
) -> npt.NDArray[np.float64]:
    edges = np.minimum(np.asarray(cutoff), 0.98 * RATE / 2)
    design: npt.NDArray[np.float64] = signal.butter(
        order, edges if len(edges) > 1 else edges[0], kind, fs=RATE, output="sos"
    )
    return design


def band(
    samples: Samples, kind: str, *cutoff: float, order: int = 2
) -> npt.NDArray[np.float32]:
    """Filter: kind is lowpass, highpass or bandpass, cutoff in Hz."""
    design = _butter(order, cutoff, kind)
    filtered: Samples = signal.sosfilt(design, samples).astype(np.float32)
    return filtered


def decay(count: int, seconds: float, attack: float = 0.004) -> Samples:
    """Return an envelope that rises in `attack` and falls by 60 dB in `seconds`."""
    time = np.arange(count, dtype=np.float32) / RATE
    envelope = np.exp(-6.9 * time / seconds)
    rise = max(1, int(attack * RATE))
    envelope[:rise] *= np.linspace(0, 1, min(rise, count), dtype=np.float32)
    return _close(envelope)


def held(count: int, attack: float = 0.02, release: float = 0.03) -> Samples:
    """Return an envelope that rises, stays at 1 and falls."""
    envelope = np.ones(count, dtype=np.float32)
    rise = min(max(1, int(attack * RATE)), count)
    envelope[:rise] = np.linspace(0, 1, rise, dtype=np.float32)
    return _close(envelope, release)


def _close(envelope: Samples, release: float = 0.01) -> Samples:
    fall = min(max(1, int(release * RATE)), len(envelope))
    envelope[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return envelope


def partials(midi: float, count: int, gains: tuple[float, ...]) -> Samples:
    """Return a sum of harmonics, those above the Nyquist frequency left out."""
    pitch = hertz(midi)
    angle = (2 * np.pi * pitch / RATE) * np.arange(count, dtype=np.float64)
    sine, twice = np.sin(angle).astype(np.float32), 2 * np.cos(angle).astype(np.float32)
    before, now = np.zeros_like(sine), sine
    total = gains[0] * sine
    for gain in gains[1 : max(1, int(RATE / 2 / pitch))]:
        before, now = now, twice * now - before
        total = total + np.float32(gain) * now
    return total.astype(np.float32)


def saw(midi: float, count: int, detune: float = 0.0) -> Samples:
    """Return a sawtooth; `detune` (a share of the pitch) adds a second one."""
    steps = np.arange(count, dtype=np.float64) * (hertz(midi) / RATE)
    wave = 2 * (steps % 1) - 1
    if detune:
        wave = 0.5 * (wave + 2 * ((steps * (1 + detune) + 0.37) % 1) - 1)
    return wave.astype(np.float32)


def pluck(
    rng: np.random.Generator, midi: float, count: int, damping: float = 0.996
) -> Samples:
    """Return a plucked string (Karplus and Strong 1983), period by period."""
    period = max(2, round(RATE / hertz(midi)))
    rounds = -(-count // period)
    string = np.empty((rounds, period), dtype=np.float32)
    string[0] = noise(rng, period)
    for turn in range(1, rounds):
        last = string[turn - 1]
        string[turn, 1:] = last[1:] + last[:-1]
        string[turn, 0] = last[0] + last[-1]
        string[turn] *= damping / 2
    return string.reshape(-1)[:count] * held(count, 0.001)


def piano(midi: float, count: int) -> Samples:
    """Return a struck string: bright at first, then mellow."""
    bright = partials(midi, count, (0.4, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.08))
    mellow = partials(midi, count, (0.8, 0.35, 0.15, 0.06))
    return bright * decay(count, 0.5, 0.002) + mellow * decay(count, 2.4, 0.002)


def electric_piano(midi: float, count: int) -> Samples:
    """Return a soft bell-like key with a tremolo."""
    body = partials(midi, count, (0.9, 0.05, 0.25)) * decay(count, 2.5)
    tremolo = 1 + 0.35 * np.sin(2 * np.pi * 5 / RATE * np.arange(count))
    return np.asarray(body * tremolo, dtype=np.float32)


def organ(midi: float, count: int) -> Samples:
    """Return a drawbar organ."""
    return partials(midi, count, (0.5, 0.5, 0.35, 0.3, 0, 0.2, 0, 0.2)) * held(count)


def bell(midi: float, count: int) -> Samples:
    """Return a glockenspiel."""
    high = partials(midi, count, (0.7, 0, 0.35)) * decay(count, 0.9, 0.001)
    return high + 0.4 * partials(midi + 28.7, count, (1.0,)) * decay(count, 0.2, 0.001)


def bowed(midi: float, count: int, vibrato: float = 0.006) -> Samples:
    """Return a bowed string with slow attack and vibrato."""
    wobble = vibrato / (2 * np.pi * 5.2) * RATE
    time = np.arange(count) - wobble * np.cos(2 * np.pi * 5.2 / RATE * np.arange(count))
    wave = 2 * ((time * (hertz(midi) / RATE)) % 1) - 1
    warm = band(wave.astype(np.float32), "lowpass", 3200)
    return warm * held(count, 0.14, 0.12)


def brass(midi: float, count: int) -> Samples:
    """Return a horn: a sawtooth that opens quickly."""
    wave = band(saw(midi, count, 0.004), "lowpass", 4.5 * hertz(midi) + 600)
    return wave * held(count, 0.035, 0.05)


def voice(
    rng: np.random.Generator, midi: float, count: int, size: float, rough: float = 0.0
) -> Samples:
    """Return a sung vowel.

    Parameters
    ----------
    rng : numpy.random.Generator
        Chooses the vowel and the breath.
    midi : float
        Pitch.
    count : int
        Samples.
    size : float
        Factor of the formants: 1 for a large body, 1.2 for a small one.
    rough : float, optional
        From 0, clear, to 1, shouted.
    """
    time = np.arange(count, dtype=np.float64)
    depth = 0.011 * np.minimum(1, time / (0.35 * RATE))
    bend = 1 + depth * np.sin(2 * np.pi * 5.6 / RATE * time)
    steps = np.cumsum(bend * (hertz(midi) / RATE))
    source = (2 * (steps % 1) - 1).astype(np.float32)
    source = source + np.float32(0.08 + rough) * noise(rng, count)
    total = np.zeros(count, dtype=np.float32)
    vowel = _VOWELS[int(rng.integers(len(_VOWELS)))]
    for formant, gain in zip(vowel, (1.0, 0.7, 0.5), strict=True):
        ringing = _resonate(source, formant * size)
        total += ringing * np.float32(gain / (np.abs(ringing).max() + 1e-9))
    peak = float(np.abs(total).max()) + 1e-9
    return total / np.float32(peak) * held(count, 0.03, 0.05)


def _resonate(source: Samples, formant: float, width: float = 90.0) -> Samples:
    radius = np.exp(-np.pi * width / RATE)
    angle = 2 * np.pi * formant / RATE
    feedback = [1, -2 * radius * np.cos(angle), radius**2]
    ringing = signal.lfilter([1 - radius], feedback, source)
    return np.asarray(ringing, dtype=np.float32)


def kick(length: float = 0.3, low: float = 48.0, punch: float = 1.0) -> Samples:
    """Return a bass drum: a sine that falls, with a click."""
    count = int(length * RATE)
    time = np.arange(count) / RATE
    phase = 2 * np.pi * (low * time + 3.2 * punch * (1 - np.exp(-time * 38)))
    return np.sin(phase).astype(np.float32) * decay(count, length, 0.001)


def snare(rng: np.random.Generator, length: float = 0.2, tone: float = 185) -> Samples:
    """Return a snare drum: a tone and rattling noise."""
    count = int(length * RATE)
    skin = np.sin(2 * np.pi * tone / RATE * np.arange(count))
    skin *= decay(count, 0.12, 0.001)
    rattle = band(noise(rng, count), "highpass", 900) * decay(count, length, 0.001)
    return np.asarray(0.5 * skin + 0.8 * rattle, dtype=np.float32)


def clap(rng: np.random.Generator, length: float = 0.18) -> Samples:
    """Return hands: three short bursts of noise."""
    count = int(length * RATE)
    burst = band(noise(rng, count), "bandpass", 900, 3200) * decay(count, length, 0.001)
    total = burst.copy()
    for delay in (0.011, 0.023):
        shift = int(delay * RATE)
        total[shift:] += burst[: count - shift]
    return total * np.float32(0.8)


def hat(rng: np.random.Generator, length: float = 0.05, low: float = 6000) -> Samples:
    """Return a cymbal: high noise, short for a closed hat, long for a ride."""
    count = int(length * RATE)
    return band(noise(rng, count), "highpass", low) * decay(count, length, 0.001)
