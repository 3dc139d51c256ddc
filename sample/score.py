"""A score: tempo, chords and melody of four bars, and a loop to place sounds in."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.fft

from sample.instruments import RATE, Samples

BARS, BEATS = 4, 16

_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# Degrees of the scale on which the four bars stand.
_MAJOR_WALKS = ((0, 4, 5, 3), (0, 3, 4, 3), (0, 5, 3, 4), (0, 3, 0, 4))
_MINOR_WALKS = ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 4), (0, 0, 3, 4))


@dataclass(frozen=True)
class Score:
    """What the instruments of one piece agree upon.

    Parameters
    ----------
    beat : int
        Samples of a beat.
    tonic : int
        MIDI number of the key, between 40 and 51.
    scale : tuple of int
        Seven semitone steps over the tonic.
    walk : tuple of int
        The scale degree of each of the four bars' chords.
    rng : numpy.random.Generator
        The piece's random numbers.
    """

    beat: int
    tonic: int
    scale: tuple[int, ...]
    walk: tuple[int, ...]
    rng: np.random.Generator

    @property
    def length(self) -> int:
        """Samples of the whole loop."""
        return BEATS * self.beat

    def note(self, degree: int, octave: int = 0) -> int:
        """Return the MIDI note of a scale degree, which may exceed an octave."""
        turns, step = divmod(degree, 7)
        return self.tonic + self.scale[step] + 12 * (turns + octave)

    def root(self, bar: int) -> int:
        """Return the bass note of a bar."""
        return self.note(self.walk[bar % BARS])

    def chord(self, bar: int, octave: int = 1, voices: int = 3) -> list[int]:
        """Return the notes of a bar's chord in thirds."""
        degree = self.walk[bar % BARS]
        return [self.note(degree + 2 * voice, octave) for voice in range(voices)]

    def samples(self, beats: float) -> int:
        """Return the samples that so many beats take."""
        return round(beats * self.beat)


def compose(
    rng: np.random.Generator, tempo: float, minor: bool, blue: bool = False
) -> Score:
    """Draw a key and a walk of chords.

    Parameters
    ----------
    rng : numpy.random.Generator
        The piece's random numbers.
    tempo : float
        Beats a minute, nearly: the loop's length becomes a product of small primes,
        which keeps its Fourier transforms fast.
    minor : bool
        Whether the key is minor.
    blue : bool, optional
        Whether the chords are those of a blues.
    """
    beat = 64 * scipy.fft.next_fast_len(round(60 / tempo * RATE / 64))
    walks = _MINOR_WALKS if minor else _MAJOR_WALKS
    walk = (0, 3, 0, 4) if blue else walks[int(rng.integers(len(walks)))]
    tonic = int(rng.integers(40, 52))
    return Score(beat, tonic, _MINOR if minor else _MAJOR, walk, rng)


def vary(score: Score) -> Score:
    """Return a score in the same key and tempo that starts from the third chord."""
    return replace(score, walk=score.walk[2:] + score.walk[:2])


def blank(score: Score) -> Samples:
    """Return an empty loop."""
    return np.zeros(score.length, dtype=np.float32)


def place(loop: Samples, start: float, sound: Samples, gain: float = 1.0) -> None:
    """Add a sound to a loop; what hangs over its end sounds at its beginning."""
    position = round(start) % len(loop)
    sound = sound[: len(loop)] * np.float32(gain)
    room = len(loop) - position
    loop[position : position + len(sound)] += sound[:room]
    if len(sound) > room:
        loop[: len(sound) - room] += sound[room:]


def place_all(
    score: Score, loop: Samples, beats: list[float], sound: Samples, gain: float = 1.0
) -> None:
    """Add one sound at several beats of the loop."""
    for beat in beats:
        place(loop, beat * score.beat, sound, gain)


def every(step: float, start: float = 0.0) -> list[float]:
    """Return the beats of the loop at a fixed step."""
    return [
        start + step * turn for turn in range(int((BEATS - start - 1e-9) / step) + 1)
    ]


def melody(
    score: Score, density: float, octave: int, leap: int = 2
) -> list[tuple[float, float, int]]:
    """Draw a tune as (beat, length in beats, MIDI note).

    Parameters
    ----------
    score : Score
        Key and chords.
    density : float
        Notes a beat: 1 or 2 gives short notes, 0.5 long ones.
    octave : int
        Octaves over the tonic.
    leap : int, optional
        Largest step, in scale degrees.
    """
    step = 1 / density
    degree = int(score.rng.integers(0, 5))
    notes = []
    for beat in every(step):
        degree = int(np.clip(degree + score.rng.integers(-leap, leap + 1), -2, 8))
        if beat % 4 == 0:
            degree = score.walk[int(beat) // 4] % 7
        if beat % 8 >= 7 or score.rng.random() < 0.1:
            continue
        length = step * (1.0 if score.rng.random() < 0.7 else 0.6)
        notes.append((beat, length, score.note(degree, octave)))
    return notes
