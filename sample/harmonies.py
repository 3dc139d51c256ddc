"""Chords, leads and voices of four bars, one function a part."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sample.instruments import (
    RATE,
    Samples,
    band,
    bell,
    bowed,
    brass,
    decay,
    electric_piano,
    held,
    hertz,
    organ,
    piano,
    pluck,
    saw,
    voice,
)
from sample.score import BARS, Score, blank, every, melody, place

Sound = Callable[[int, int], Samples]
Bend = npt.NDArray[np.float64]


def _chords(
    score: Score,
    beats: list[float],
    length: float,
    sound: Sound,
    octave: int = 1,
    voices: int = 3,
) -> Samples:
    """Play each bar's chord at the given beats of every bar."""
    loop = blank(score)
    count = score.samples(length)
    for bar in range(BARS):
        notes = score.chord(bar, octave, voices)
        chord = sum((sound(note, count) for note in notes[1:]), sound(notes[0], count))
        for beat in beats:
            place(loop, (4 * bar + beat) * score.beat, chord, 1 / voices)
    return loop


def _string(score: Score, damping: float) -> Sound:
    return lambda note, count: pluck(score.rng, note, count, damping)


def _power(score: Score, beats: list[float], length: float, damping: float) -> Samples:
    """Root, fifth and octave on strings, before any distortion."""
    loop = blank(score)
    count = score.samples(length)
    for bar in range(BARS):
        root = score.root(bar)
        chord = sum(
            (pluck(score.rng, root + step, count, damping) for step in (7, 12)),
            pluck(score.rng, root, count, damping),
        )
        for beat in beats:
            place(loop, (4 * bar + beat) * score.beat, chord, 0.5)
    return loop


def distort(samples: Samples, drive: float, top: float) -> Samples:
    """Overdrive an electric guitar, through a cabinet that ends at `top` Hz."""
    return band(np.tanh(drive * samples), "bandpass", 90, top)


_EIGHTHS = [0.5 * turn for turn in range(8)]
_SIXTEENTHS = [0.25 * turn for turn in range(16)]


def crunch_guitar(score: Score) -> Samples:
    """Play power chords in eighths with moderate distortion."""
    return distort(_power(score, _EIGHTHS, 0.6, 0.997), 5, 3800)


def chug_guitar(score: Score) -> Samples:
    """Play palm-muted sixteenths and a held chord, heavily distorted."""
    muted = _power(score, _SIXTEENTHS, 0.2, 0.98)
    ringing = _power(score, [0], 2.5, 0.999)
    return distort(muted + 0.8 * ringing, 40, 5200)


def punk_guitar(score: Score) -> Samples:
    """Play open power chords, very fast."""
    return distort(_power(score, _EIGHTHS, 0.7, 0.999), 14, 4600)


def jangle_guitar(score: Score) -> Samples:
    """Play bright broken chords high up."""
    loop = blank(score)
    count = score.samples(1.2)
    for bar in range(BARS):
        notes = score.chord(bar, 2, 4)
        strings = [pluck(score.rng, note, count, 0.999) for note in notes]
        for turn, beat in enumerate(_EIGHTHS):
            which = (0, 2, 1, 3, 2, 1, 3, 1)[turn]
            place(loop, (4 * bar + beat) * score.beat, strings[which], 0.6)
    return loop


def strummed_guitar(score: Score) -> Samples:
    """Play steel strings strummed down and up."""
    loop = blank(score)
    count = score.samples(0.9)
    for bar in range(BARS):
        notes = [score.root(bar), *score.chord(bar, 1, 4)]
        strings = [pluck(score.rng, note, count, 0.998) for note in notes]
        for beat in (0, 1, 1.5, 2.5, 3, 3.5):
            order = strings if beat % 1 == 0 else strings[::-1]
            for late, string in enumerate(order):
                start = (4 * bar + beat) * score.beat + late * 0.012 * RATE
                place(loop, start, string, 0.35)
    return loop


def finger_picking(score: Score) -> Samples:
    """Play bass and treble in turn on nylon strings."""
    loop = blank(score)
    count = score.samples(1.0)
    for bar in range(BARS):
        low, high = score.root(bar), score.chord(bar, 1, 3)
        order = (low, high[1], high[0], high[2], low + 7, high[1], high[0], high[2])
        for turn, note in enumerate(order):
            string = pluck(score.rng, note, count, 0.994)
            place(loop, (4 * bar + 0.5 * turn) * score.beat, string, 0.7)
    return loop


def lead_guitar(score: Score) -> Samples:
    """Play a solo: long, singing, driven strings with a wide vibrato."""
    loop = blank(score)
    for beat, length, note in melody(score, 1, 2, 3):
        count = score.samples(1.4 * length)
        steps = np.cumsum(_vibrato(count, 0.02)) * (hertz(note) / RATE)
        wave = np.tanh(4 * (2 * (steps % 1) - 1)).astype(np.float32)
        place(loop, beat * score.beat, wave * held(count, 0.004, 0.1), 0.7)
    return band(loop, "bandpass", 700, 2400)


def twang_guitar(score: Score) -> Samples:
    """Play a country lead that slides into its notes."""
    loop = blank(score)
    for beat, length, note in melody(score, 2, 2):
        count = score.samples(length)
        slide = 2 ** (-2 / 12 * np.exp(-np.arange(count) / (0.06 * RATE)))
        steps = np.cumsum(slide) * (hertz(note) / RATE)
        wave = (2 * (steps % 1) - 1).astype(np.float32)
        sound = band(wave, "bandpass", 700, 4200) * decay(count, 0.7, 0.002)
        place(loop, beat * score.beat, sound, 0.8)
    return loop


def blues_lead(score: Score) -> Samples:
    """Play bent notes that answer the voice."""
    loop = blank(score)
    for beat, length, note in melody(score, 1, 2, 3):
        count = score.samples(length)
        time = np.arange(count) / count
        bend = 2 ** (2 / 12 * np.minimum(1, 3 * time) - 2 / 12)
        steps = np.cumsum(bend * _vibrato(count, 0.012)) * (hertz(note) / RATE)
        wave = np.tanh(3 * (2 * (steps % 1) - 1)).astype(np.float32)
        sound = band(wave, "bandpass", 400, 2600) * decay(count, 1.6, 0.004)
        place(loop, beat * score.beat, sound, 0.7)
    return loop


def _vibrato(count: int, depth: float) -> Bend:
    wobble = np.sin(2 * np.pi * 5.5 / RATE * np.arange(count))
    grown = np.minimum(1, np.arange(count) / (0.25 * RATE))
    bend: Bend = 1 + depth * wobble * grown
    return bend


def piano_chords(score: Score) -> Samples:
    """Play block chords and a broken figure on the piano."""
    blocks = _chords(score, [0, 2], 2.0, piano, 1)
    loop = blank(score)
    count = score.samples(1.5)
    for bar in range(BARS):
        keys = [piano(note, count) for note in score.chord(bar, 2, 4)]
        for turn, beat in enumerate(_EIGHTHS):
            place(loop, (4 * bar + beat) * score.beat, keys[turn % 4], 0.5)
    return blocks + loop


def comping_piano(score: Score) -> Samples:
    """Play sparse, swung seventh chords."""
    return _chords(score, [0, 1.67, 3], 0.5, electric_piano, 1, 4)


def rhodes(score: Score) -> Samples:
    """Play soft held chords of an electric piano."""
    return _chords(score, [0], 4.0, electric_piano, 1, 4)


def bright_stabs(score: Score) -> Samples:
    """Play short bright chords of a synthesiser in eighths."""

    def stab(note: int, count: int) -> Samples:
        return band(saw(note, count, 0.006), "lowpass", 5000) * decay(count, 0.35)

    return _chords(score, [0, 0.5, 1.5, 2, 3], 0.4, stab, 2)


def house_stabs(score: Score) -> Samples:
    """Play off-beat seventh chords, sharply cut."""

    def stab(note: int, count: int) -> Samples:
        return band(saw(note, count, 0.01), "bandpass", 500, 3000) * decay(count, 0.22)

    return _chords(score, [0.5, 1.25, 2.5, 3.25], 0.3, stab, 2, 4)


def arpeggio(score: Score) -> Samples:
    """Play a sequencer in sixteenths whose filter opens and shuts."""
    loop = blank(score)
    count = score.samples(0.25)
    for turn, beat in enumerate(every(0.25)):
        notes = score.chord(int(beat) // 4, 1, 3)
        note = notes[turn % 3] + 12 * (turn % 2)
        top = 700 + 200 * round(14 * abs(((beat / 8) % 1) * 2 - 1))
        sound = band(saw(note, count), "lowpass", top) * decay(count, 0.3)
        place(loop, beat * score.beat, sound)
    return loop


def pad(score: Score) -> Samples:
    """Play slow detuned saws under a dark filter."""
    count = score.samples(5)
    loop = blank(score)
    for bar in range(BARS):
        notes = score.chord(bar, 1, 4)
        chord = sum(
            (saw(note, count, 0.007) for note in notes[1:]), saw(notes[0], count)
        )
        swell = band(chord, "lowpass", 900) * held(count, 1.2, 1.2)
        place(loop, 4 * bar * score.beat, swell, 0.35)
    return loop


def strings(score: Score) -> Samples:
    """Play a bowed ensemble and a tune above it."""
    low = _chords(score, [0, 2], 2.2, bowed, 1, 4)
    return low + 0.7 * _tune(score, 0.5, 2, bowed)


def fiddle(score: Score) -> Samples:
    """Play a lively bowed tune."""
    return _tune(score, 2, 2, lambda note, count: bowed(note, count, 0.004))


def sad_violin(score: Score) -> Samples:
    """Play one long, trembling bowed note every two beats."""
    return _tune(score, 0.5, 3, lambda note, count: bowed(note, count, 0.018), 1.1)


def glockenspiel(score: Score) -> Samples:
    """Play small bells in quick broken chords."""
    loop = blank(score)
    count = score.samples(0.8)
    for bar in range(BARS):
        keys = [bell(84 + note % 12, count) for note in score.chord(bar)]
        for turn, beat in enumerate(_SIXTEENTHS):
            which = (0, 1, 2, 1)[turn % 4]
            place(loop, (4 * bar + beat) * score.beat, keys[which], 0.6)
    return loop


def sparkles(score: Score) -> Samples:
    """Play sparse high bells."""
    return _tune(score, 0.5, 3, bell, 2.0)


def horns(score: Score) -> Samples:
    """Play a brass section in short answers."""
    return _chords(score, [1.5, 2, 3.5], 0.4, brass, 1)


def trumpet(score: Score) -> Samples:
    """Play a swung brass solo."""
    return _tune(score, 1, 2, brass)


def held_organ(score: Score) -> Samples:
    """Play an organ behind everything."""
    return _chords(score, [0], 4.0, organ)


def skank(score: Score) -> Samples:
    """Play short chops between the beats."""

    def chop(note: int, count: int) -> Samples:
        return pluck(score.rng, note, count, 0.98) + 0.5 * organ(note, count)

    chords = _chords(score, [0.5, 1.5, 2.5, 3.5], 0.16, chop, 2)
    return band(1.6 * chords, "bandpass", 500, 3500)


def clavinet(score: Score) -> Samples:
    """Play muted sixteenths through a wah pedal."""
    chords = _chords(
        score, [0, 0.25, 0.75, 1.5, 1.75, 2.5, 3.25], 0.12, _string(score, 0.985)
    )
    low, high = band(chords, "bandpass", 400, 900), band(chords, "bandpass", 1500, 2600)
    rock = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(score.length) / (score.beat / 2))
    wah: Samples = (3 * (low * (1 - rock) + high * rock)).astype(np.float32)
    return wah


def _tune(
    score: Score, density: float, octave: int, sound: Sound, ring: float = 1.0
) -> Samples:
    loop = blank(score)
    for beat, length, note in melody(score, density, octave):
        place(loop, beat * score.beat, sound(note, score.samples(ring * length)), 0.7)
    return loop


def singing(score: Score, female: bool, rough: float = 0.0) -> Samples:
    """Sing a tune: high with small formants, or low with large ones."""
    middle, size = (67, 1.22) if female else (50, 1.0)
    loop = blank(score)
    for beat, length, note in melody(score, 1, 1, 2):
        near = note + 12 * round((middle - note) / 12)
        sound = voice(score.rng, near, score.samples(1.1 * length), size, rough)
        place(loop, beat * score.beat, sound)
    return loop


def rapping(score: Score, female: bool) -> Samples:
    """Speak syllables in sixteenths."""
    middle, size = (58, 1.22) if female else (44, 1.0)
    loop = blank(score)
    count = score.samples(0.25)
    for beat in every(0.25):
        if score.rng.random() < 0.2 or beat % 4 > 3.4:
            continue
        note = middle + int(score.rng.integers(-2, 4))
        sound = voice(score.rng, note, count, size, 0.15) * decay(count, 0.4, 0.01)
        place(loop, beat * score.beat, sound, 1.2)
    return loop
