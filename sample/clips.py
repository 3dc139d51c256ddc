"""From pieces to mp3 files, whole or damaged, in several processes."""

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from sample.instruments import RATE, Samples
from sample.music import SECONDS, Piece, render
from sample.randomness import stream

BITS_PER_SECOND = 64_000

_SHORT_SECONDS = 5.0
_SOUND_SECONDS = 12.0
_LONG_GAP = (12.0, 13.7)
# Six gaps, each below a second, more than three seconds together.
_MANY_GAPS = tuple((3.0 + 4.0 * turn, 3.85 + 4.0 * turn) for turn in range(6))

_PAGE = b"""<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head><title>404 Not Found</title></head><body>
<h1>Not Found</h1><p>The requested clip was not found on this server.</p>
</body></html>
"""
# Header of ID3 v2.3 with ten bytes of padding, and no frame.
_ID3_TAG = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)


@dataclass(frozen=True)
class Clip:
    """One file to write.

    Parameters
    ----------
    path : str
        Relative to the folder of the audio.
    piece : Piece
        What it plays.
    damage : str
        Empty, or a kind out of `sample.faults.CLIP_FAULTS`.
    rate : int
        Sample rate in Hz.
    channels : int
        1 or 2.
    """

    path: str
    piece: Piece
    damage: str
    rate: int
    channels: int


def clip_path(number: int) -> str:
    """Return where 7digital's clip of an id lies below the folder of the audio."""
    digits = str(number)
    return f"{digits[0]}/{digits[1]}/{digits}.clip.mp3"


def design(number: int, piece: Piece, damage: str = "") -> Clip:
    """Choose the format of a clip: mostly 22.05 kHz mono, as 7digital's are."""
    draw = stream(piece.seed, "format", number).random()
    rate = 2 * RATE if draw < 0.03 else RATE
    channels = 2 if 0.025 < draw < 0.07 else 1
    return Clip(clip_path(number), piece, damage, rate, channels)


def write_all(
    clips: Iterable[Clip], root: Path, workers: int
) -> Iterator[tuple[str, int]]:
    """Write clips in `workers` processes; which one writes what changes no byte.

    Yields
    ------
    tuple of str and int
        Path and size of each file as it is finished, in any order.
    """
    if workers <= 1:
        yield from (_write(clip, root) for clip in clips)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        pending: set[Future[tuple[str, int]]] = set()
        for clip in clips:
            pending.add(pool.submit(_write, clip, root))
            if len(pending) >= 8 * workers:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in pending)


def _write(clip: Clip, root: Path) -> tuple[str, int]:
    path = root / clip.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if clip.damage in _FALSE_FILES:
        path.write_bytes(_FALSE_FILES[clip.damage])
    else:
        encode(_samples(clip), path, clip.rate, clip.channels)
    if clip.damage == "truncated":
        os.truncate(path, path.stat().st_size // 2)
    return clip.path, path.stat().st_size


_FALSE_FILES = {"zero_bytes": b"", "html_page": _PAGE, "id3_only": _ID3_TAG}


def _samples(clip: Clip) -> Samples:
    if clip.damage == "silent":
        return np.zeros(round(SECONDS * RATE), dtype=np.float32)
    if clip.damage == "short_clip":
        return render(clip.piece, _SHORT_SECONDS)
    samples = render(clip.piece)
    gaps = {
        "long_silence": (_LONG_GAP,),
        "much_silence": _MANY_GAPS,
        "little_sound": ((_SOUND_SECONDS, SECONDS),),
    }
    for start, end in gaps.get(clip.damage, ()):
        samples[round(start * RATE) : round(end * RATE)] = 0
    return samples


def encode(samples: Samples, path: Path, rate: int, channels: int) -> None:
    """Write an mp3 of constant bit rate.

    Parameters
    ----------
    samples : numpy.ndarray
        Mono at `RATE`.
    path : Path
        The file.
    rate : int
        `RATE` or twice as much.
    channels : int
        With 2, the right channel is late and softer.
    """
    if rate == 2 * RATE:
        samples = signal.resample_poly(samples, 2, 1).astype(np.float32)
    sound = samples
    if channels == 2:
        late = np.roll(samples, rate // 1000)
        late[: rate // 1000] = 0
        sound = np.stack([samples, 0.8 * late], axis=1)
    with soundfile.SoundFile(
        path,
        "w",
        samplerate=rate,
        channels=channels,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=_compression(rate),
    ) as file:
        file.write(np.clip(sound, -1, 1))


def _compression(rate: int) -> float:
    """Return libsndfile's level for `BITS_PER_SECOND`.

    It spans the bit rates of the MPEG version: 32 to 320 kbit/s from 32 kHz on, 8 to
    160 below.
    """
    low, high = (32_000, 320_000) if rate >= 32_000 else (8_000, 160_000)
    return (high - BITS_PER_SECOND) / (high - low)
