"""From the true tags of a song to its sound.

A piece is two loops of four bars, verse and chorus, that take turns. Its style
chooses the rhythm section, every further tag adds a part or an effect of its own, the
voice has the formants of the tagged sex, and the decade limits the band width, so that
each tag leaves a trace that a listener hears and a spectrogram shows.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from sample import harmonies, rhythms
from sample.arrangements import GUEST_PARTS, PARTS, TAG_PARTS
from sample.instruments import RATE, Samples, band, noise
from sample.randomness import stream
from sample.score import Score, compose, vary
from sample.styles import STYLES

SECONDS = 30.0

_STYLES = {style.name: style for style in STYLES}

# Upper limit of the recording in Hz, level of its hiss in dB below full scale.
_RECORDINGS = {
    "60s": (2600.0, -38.0),
    "70s": (3900.0, -43.0),
    "80s": (5400.0, -48.0),
    "90s": (6900.0, -52.0),
    "00s": (10500.0, -52.0),
}
_ROUGHNESS = {"metal": 0.6, "punk": 0.35, "rock": 0.12, "blues": 0.2}
_MINOR_SHARES = {"metal": 0.9, "hip-hop": 0.8, "drum and bass": 0.9, "reggae": 0.2}
_WET = ("chillout", "ambient", "classical")
_LEVEL = 0.1


@dataclass(frozen=True)
class Piece:
    """What has to be known to play a song.

    Parameters
    ----------
    seed : int
        The seed of the sample.
    song : int
        The song, which fixes key, tune and tempo.
    artist : int
        The artist, who fixes small habits of the sound.
    style : str
        A name out of `sample.styles.STYLES`.
    tags : frozenset of str
        The true tags.
    take : int
        0 for the song itself, more for the same song recorded again.
    """

    seed: int
    song: int
    artist: int
    style: str
    tags: frozenset[str]
    take: int = 0


def render(piece: Piece, seconds: float = SECONDS) -> Samples:
    """Play a piece.

    Parameters
    ----------
    piece : Piece
        The song.
    seconds : float, optional
        Length of the clip.

    Returns
    -------
    numpy.ndarray
        Mono float32 at `RATE`, peak 0.8, never silent.
    """
    rng = stream(piece.seed, "music", piece.song)
    verse = _compose(piece, rng)
    chorus = vary(verse)
    one, two = (_effects(piece, part, _mix(piece, part)) for part in (verse, chorus))
    song = np.concatenate([one, one, two, one])
    # A preview begins somewhere inside the song; another take begins elsewhere.
    start = verse.beat * (int(rng.integers(16)) + 3 * piece.take)
    clip = np.resize(np.roll(song, -start), round(seconds * RATE))
    return _record(piece, clip, stream(piece.seed, f"tape {piece.take}", piece.song))


def _compose(piece: Piece, rng: np.random.Generator) -> Score:
    slow, fast = _STYLES[piece.style].tempo
    tempo = rng.uniform(slow, fast)
    for tag, factor in (("happy", 1.04), ("sad", 0.86), ("chillout", 0.84)):
        tempo *= factor if tag in piece.tags else 1.0
    minor = rng.random() < _MINOR_SHARES.get(piece.style, 0.45)
    minor = "sad" in piece.tags or (minor and "happy" not in piece.tags)
    return compose(rng, tempo, minor, blue=piece.style == "blues")


def _mix(piece: Piece, score: Score) -> Samples:
    habits = stream(piece.seed, "habits", piece.artist)
    tags = piece.tags
    invited = sorted(tags & GUEST_PARTS.keys() - {piece.style})
    guests = [GUEST_PARTS[tag] for tag in invited]
    extra = [TAG_PARTS[tag] for tag in sorted(tags & TAG_PARTS.keys())]
    total = np.zeros(score.length, dtype=np.float32)
    for part, level in (*PARTS[piece.style], *guests, *extra):
        habit = 10 ** (habits.uniform(-2.5, 2.5) / 20)
        total += _leveled(part(score), level * habit)
    if "dance" in tags or piece.style == "house":
        total *= rhythms.pumping(score)
        total += _leveled(rhythms.four_on_the_floor(score), 0.6)
    return total + _voice(piece, score)


def _voice(piece: Piece, score: Score) -> Samples:
    female = "female vocalist" in piece.tags
    if not female and "male vocalist" not in piece.tags:
        return np.zeros(score.length, dtype=np.float32)
    if piece.style == "hip-hop":
        return _leveled(harmonies.rapping(score, female), 0.9)
    rough = _ROUGHNESS.get(piece.style, 0.0)
    return _leveled(harmonies.singing(score, female, rough), 0.9)


def _leveled(samples: Samples, level: float) -> Samples:
    power = float(np.sqrt(np.mean(np.square(samples)))) + 1e-9
    return samples * np.float32(_LEVEL * level / power)


def _effects(piece: Piece, score: Score, loop: Samples) -> Samples:
    if "alternative" in piece.tags:
        loop = _flange(loop)
    if any(tag in piece.tags for tag in _WET):
        loop = _reverberate(loop, score.rng)
    return loop


def _flange(loop: Samples) -> Samples:
    """Add the loop to itself at a delay that sweeps between 0.4 and 3 ms."""
    count = len(loop)
    turns = max(1, round(count / (4.0 * RATE)))
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * turns / count * np.arange(count))
    delay = ((0.0004 + 0.0026 * sweep) * RATE).astype(np.int64)
    late: Samples = loop[np.arange(count) - delay]
    return 0.6 * loop + 0.55 * late


def _reverberate(loop: Samples, rng: np.random.Generator) -> Samples:
    """Play the loop in a large hall; the loop's end rings into its beginning."""
    length = min(len(loop), int(1.8 * RATE))
    fall = np.exp(-6.9 * np.arange(length, dtype=np.float32) / length)
    hall = np.zeros_like(loop)
    hall[:length] = noise(rng, length) * fall
    spectrum = scipy.fft.rfft(loop) * scipy.fft.rfft(hall)
    wet = scipy.fft.irfft(spectrum, len(loop)).astype(np.float32)
    share = 0.8 * float(np.std(loop)) / (float(np.std(wet)) + 1e-9)
    return np.asarray(0.6 * loop + np.float32(share) * wet, dtype=np.float32)


def _record(piece: Piece, clip: Samples, rng: np.random.Generator) -> Samples:
    decade = next((tag for tag in _RECORDINGS if tag in piece.tags), "00s")
    top, hiss = _RECORDINGS[decade]
    clip = clip * np.float32(0.7 / (np.abs(clip).max() + 1e-9))
    if decade == "00s":
        # The loudness war: everything is pressed against the ceiling.
        clip = np.tanh(2.2 * clip)
    clip = clip + np.float32(2 * 10 ** (hiss / 20)) * noise(rng, len(clip))
    clip = band(clip, "lowpass", top, order=8)
    if decade == "60s":
        clip = band(clip, "highpass", 140.0)
    clip *= np.float32(0.8 / (np.abs(clip).max() + 1e-9))
    return _fade(clip)


def _fade(clip: Samples) -> Samples:
    count = min(int(0.01 * RATE), len(clip) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    clip[:count] *= ramp
    clip[len(clip) - count :] *= ramp[::-1]
    return clip
