"""Drums and basses of four bars, one function a pattern."""

import numpy as np

from sample.instruments import (
    Samples,
    band,
    clap,
    decay,
    hat,
    held,
    kick,
    noise,
    partials,
    pluck,
    saw,
    snare,
)
from sample.score import BARS, Score, blank, every, place, place_all


def _bars(*beats: float) -> list[float]:
    return [4 * bar + beat for bar in range(BARS) for beat in beats]


def rock_drums(score: Score) -> Samples:
    """Play a straight beat: snare on two and four, eighths on the hat."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 2, 2.5), kick())
    place_all(score, loop, _bars(1, 3), snare(score.rng), 0.9)
    place_all(score, loop, every(0.5), hat(score.rng), 0.35)
    return loop


def metal_drums(score: Score) -> Samples:
    """Play a double kick in sixteenths under a slow snare and a crash."""
    loop = blank(score)
    place_all(score, loop, every(0.25), kick(0.12, 55, 1.4), 0.9)
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.18, 210))
    place_all(score, loop, every(1), hat(score.rng, 0.4, 4500), 0.4)
    return loop


def punk_drums(score: Score) -> Samples:
    """Play a fast polka beat: kick and snare in turn, open hat throughout."""
    loop = blank(score)
    place_all(score, loop, every(1), kick(0.15))
    place_all(score, loop, every(1, 0.5), snare(score.rng, 0.14), 0.9)
    place_all(score, loop, every(0.5), hat(score.rng, 0.16, 5000), 0.5)
    return loop


def pop_drums(score: Score) -> Samples:
    """Play a kick, claps and light sixteenths."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 1.5, 2), kick(0.22, 52))
    place_all(score, loop, _bars(1, 3), clap(score.rng), 0.8)
    place_all(score, loop, every(0.25), hat(score.rng, 0.03, 7000), 0.2)
    return loop


def indie_drums(score: Score) -> Samples:
    """Play toms and a tambourine that never stops."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 0.75, 2), kick(0.25, 60, 0.6), 0.8)
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.14, 240), 0.6)
    place_all(score, loop, every(0.25), hat(score.rng, 0.07, 4800), 0.45)
    return loop


def four_on_the_floor(score: Score) -> Samples:
    """Play a kick on every beat and nothing else."""
    loop = blank(score)
    place_all(score, loop, every(1), kick(0.26, 50, 1.3))
    return loop


def house_drums(score: Score) -> Samples:
    """Play a kick on every beat, an open hat between, claps."""
    loop = four_on_the_floor(score)
    place_all(score, loop, every(1, 0.5), hat(score.rng, 0.2, 6000), 0.6)
    place_all(score, loop, _bars(1, 3), clap(score.rng), 0.7)
    return loop


def electro_drums(score: Score) -> Samples:
    """Play a machine: short kick, blip of a snare, ticking hat."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 0.75, 2.5), kick(0.18, 55, 1.5))
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.09, 330), 0.8)
    place_all(score, loop, every(0.25), hat(score.rng, 0.02, 8000), 0.3)
    return loop


def break_beat(score: Score) -> Samples:
    """Play a chopped break at double speed."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 2.5), kick(0.16, 60, 1.2))
    place_all(score, loop, _bars(1, 1.75, 2.25, 3), snare(score.rng, 0.13, 230), 0.9)
    place_all(score, loop, _bars(3.75), snare(score.rng, 0.08, 260), 0.5)
    place_all(score, loop, every(0.25), hat(score.rng, 0.04), 0.4)
    return loop


def boom_bap(score: Score) -> Samples:
    """Play a heavy kick, a dry snare and a lazy hat."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 0.75, 2.58), kick(0.32, 44, 1.2), 1.1)
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.16, 170))
    place_all(score, loop, every(1), hat(score.rng, 0.05), 0.3)
    place_all(score, loop, every(1, 0.58), hat(score.rng, 0.04), 0.2)
    return loop


def slow_jam(score: Score) -> Samples:
    """Play a deep kick, finger snaps and hats that roll."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 1.75, 2.5), kick(0.5, 40, 0.8))
    snap = band(noise(score.rng, 1600), "bandpass", 1800, 2600) * decay(1600, 0.06)
    place_all(score, loop, _bars(1, 3), snap, 2.0)
    rolls = _bars(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.125, 3.25, 3.375, 3.5, 3.625, 3.75)
    place_all(score, loop, rolls, hat(score.rng, 0.025, 7500), 0.35)
    return loop


def soul_drums(score: Score) -> Samples:
    """Play a tambourine on the backbeat and a snare on every beat."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 1.5, 2.5), kick(0.25, 58, 0.6), 0.8)
    place_all(score, loop, every(1), snare(score.rng, 0.1, 200), 0.5)
    place_all(score, loop, _bars(1, 3), hat(score.rng, 0.18, 4200), 0.7)
    return loop


def funk_drums(score: Score) -> Samples:
    """Play sixteenths with ghost notes on the snare."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 0.5, 2.25), kick(0.16, 58))
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.13, 230))
    place_all(score, loop, _bars(1.75, 2.75, 3.75), snare(score.rng, 0.07, 230), 0.3)
    place_all(score, loop, every(0.25), hat(score.rng, 0.04), 0.35)
    return loop


def swing_ride(score: Score) -> Samples:
    """Play the ride cymbal in swung eighths, the foot hat on two and four."""
    loop = blank(score)
    ride = _bars(0, 1, 1.67, 2, 3, 3.67)
    place_all(score, loop, ride, hat(score.rng, 0.5, 5200), 0.45)
    place_all(score, loop, _bars(1, 3), hat(score.rng, 0.04, 7000), 0.5)
    return loop


def shuffle(score: Score) -> Samples:
    """Play triplets on the hat, a soft backbeat."""
    loop = blank(score)
    place_all(score, loop, _bars(0, 2), kick(0.25, 55, 0.7), 0.8)
    place_all(score, loop, _bars(1, 3), snare(score.rng, 0.15), 0.6)
    place_all(score, loop, every(1), hat(score.rng, 0.06), 0.35)
    place_all(score, loop, every(1, 0.67), hat(score.rng, 0.05), 0.3)
    return loop


def train_beat(score: Score) -> Samples:
    """Play brushes in sixteenths, like a train."""
    loop = blank(score)
    brush = band(noise(score.rng, 1500), "bandpass", 1500, 5000) * decay(1500, 0.07)
    for turn, beat in enumerate(every(0.25)):
        place(loop, beat * score.beat, brush, 0.7 if turn % 4 == 2 else 0.3)
    return loop


def one_drop(score: Score) -> Samples:
    """Play the kick and the rim together on three."""
    loop = blank(score)
    place_all(score, loop, _bars(2), kick(0.3, 50, 0.7))
    place_all(score, loop, _bars(2), snare(score.rng, 0.06, 420), 0.7)
    place_all(score, loop, every(0.5), hat(score.rng, 0.04), 0.25)
    return loop


def _bass(score: Score, beats: list[float], length: float, wave: str) -> Samples:
    loop = blank(score)
    count = score.samples(length)
    sounds: dict[int, Samples] = {}
    for beat in beats:
        note = score.root(int(beat) // 4) - 12
        if note not in sounds:
            sounds[note] = _bass_note(score, note, count, wave)
        place(loop, beat * score.beat, sounds[note])
    return loop


def _bass_note(score: Score, note: int, count: int, wave: str) -> Samples:
    if wave == "string":
        return pluck(score.rng, note, count, 0.99)
    if wave == "sub":
        return partials(note, count, (1.0, 0.15)) * held(count, 0.01)
    if wave == "reese":
        return band(saw(note, count, 0.012), "lowpass", 700) * held(count)
    return band(saw(note, count), "lowpass", 500) * decay(count, 0.5)


def eighth_bass(score: Score) -> Samples:
    """Play the root in eighths on a plucked bass."""
    return _bass(score, every(0.5), 0.5, "string")


def boom_chick_bass(score: Score) -> Samples:
    """Play the root on one and three."""
    return _bass(score, every(2), 0.9, "string")


def synth_bass(score: Score) -> Samples:
    """Play the root in sixteenths, from a synthesiser."""
    return _bass(score, every(0.25), 0.25, "synth")


def off_beat_bass(score: Score) -> Samples:
    """Play the root between the kicks."""
    return _bass(score, every(1, 0.5), 0.45, "synth")


def sub_bass(score: Score) -> Samples:
    """Play a long, deep sine."""
    return _bass(score, _bars(0, 1.75, 2.5), 1.3, "sub")


def reese_bass(score: Score) -> Samples:
    """Play two detuned saws, held."""
    return _bass(score, _bars(0, 1.5, 3), 1.4, "reese")


def dub_bass(score: Score) -> Samples:
    """Play a round, syncopated line."""
    return _bass(score, _bars(0, 0.75, 1.5, 3), 0.7, "sub")


def slap_bass(score: Score) -> Samples:
    """Play popped octaves in sixteenths."""
    loop = blank(score)
    count = score.samples(0.22)
    for beat in _bars(0, 0.25, 0.75, 1.5, 2, 2.75, 3.25, 3.5):
        octave = 0 if score.rng.random() < 0.5 else 12
        note = score.root(int(beat) // 4) - 12 + octave
        place(loop, beat * score.beat, pluck(score.rng, note, count, 0.985), 1.2)
    return loop


def walking_bass(score: Score) -> Samples:
    """Play a new note of the scale on every beat."""
    loop = blank(score)
    count = score.samples(1.0)
    for beat in every(1):
        degree = score.walk[int(beat) // 4] + (0, 2, 4, 5)[int(beat) % 4]
        note = score.note(degree, -1)
        place(loop, beat * score.beat, pluck(score.rng, note, count, 0.992), 1.1)
    return loop


def shuffle_bass(score: Score) -> Samples:
    """Play the root, fifth and sixth in triplets."""
    loop = blank(score)
    count = score.samples(0.5)
    for beat in every(1):
        for late, step in ((0, 0), (0.67, (4, 5)[int(beat) % 2])):
            note = score.note(score.walk[int(beat) // 4] + step, -1)
            string = pluck(score.rng, note, count, 0.99)
            place(loop, (beat + late) * score.beat, string)
    return loop


def pumping(score: Score) -> Samples:
    """Return the gain curve of a compressor that a kick on every beat drives."""
    shape = 0.25 + 0.75 * np.linspace(0, 1, score.beat, dtype=np.float32) ** 0.7
    return np.tile(shape, score.length // score.beat)
