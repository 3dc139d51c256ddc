"""Clips of 30 s for benchmarks, from ``python -m sample``, kept for the next time."""

import subprocess
import sys
from pathlib import Path

from sample.faults import FEWEST_TRACKS

_MIN_BYTES = 200_000  # 30 s at 64 kbit/s are 240 kB; the sample has broken clips too


def whole_clips(count: int, folder: Path) -> list[str]:
    """Return paths of whole clips in MP3, mono at 22.05 kHz; write missing ones first.

    Parameters
    ----------
    count : int
        How many.
    folder : Path
        Where they are kept.
    """
    sources = folder / f"clips-{count}"
    tracks = max(FEWEST_TRACKS, count + count // 8 + 8)
    command = [sys.executable, "-m", "sample", "--tracks", str(tracks)]
    subprocess.run(
        [*command, "--out", str(sources)], check=True, stdout=subprocess.DEVNULL
    )
    return whole_clips_of(sources / "audio", count)


def whole_clips_of(folder: Path, count: int) -> list[str]:
    """Return paths of clips below a folder that are large enough to be whole."""
    found = sorted(folder.resolve().rglob("*.mp3"))
    return [str(path) for path in found if path.stat().st_size >= _MIN_BYTES][:count]


def mono_and_stereo(count: int, folder: Path) -> dict[str, list[str]]:
    """Return the paths of `whole_clips` and of the same as stereo, by kind."""
    mono = whole_clips(count, folder)
    stereo = [folder / f"stereo-{count}" / Path(clip).name for clip in mono]
    for clip, wide in zip(mono, stereo, strict=True):
        if not wide.exists():
            _widen(clip, wide)
    return {
        "mono, 22.05 kHz": mono,
        "stereo, 44.1 kHz": [str(clip) for clip in stereo],
    }


def _widen(clip: str, wide: Path) -> None:
    """Write a clip as stereo at 44.1 kHz: with an echo of its own on each side."""
    import numpy as np
    import soundfile

    import audio

    samples = audio.load(clip, 44100)
    sides = [samples + 0.3 * np.roll(samples, delay) for delay in (441, 947)]
    wide.parent.mkdir(exist_ok=True)
    half_done = wide.with_suffix(".part")
    soundfile.write(half_done, 0.7 * np.stack(sides, 1), 44100, format="MP3")
    half_done.rename(wide)
