"""The whole sample, written beside its place and moved there when it is complete."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from soundfile import SoundFileError

from lyre.console import progress
from lyre.cores import cores
from lyre.documents import parse_json
from lyre.whole import whole_folder
from sample.clips import Clip, clip_path, design, write_all
from sample.errors import SampleError
from sample.faults import Faults, plant
from sample.lastfm import write_lastfm
from sample.lists import write_duplicates, write_mismatches
from sample.msd import write_summary
from sample.music import Piece
from sample.plan import Plan, draw
from sample.tags import Tagging
from sample.truth import FOLDER, write_clips, write_truth

# Written last; a folder without it is no complete sample.
MARKER = "sample.json"
# Counts up when the same arguments begin to give another sample.
VERSION = 1


@dataclass(frozen=True)
class Request:
    """What a sample is made from.

    Parameters
    ----------
    tracks : int
        Number of songs.
    seed : int
        The same seed gives the same bytes.
    audio : bool
        Whether there are clips.
    version : int
        Version of the way samples are made.
    """

    tracks: int
    seed: int
    audio: bool
    version: int = VERSION


def write_sample(
    request: Request, out: Path, *, workers: int = 0, force: bool = False
) -> bool:
    """Write a sample, unless it is there already.

    Parameters
    ----------
    request : Request
        Size, seed and whether with audio.
    out : Path
        The folder; it may be absent, empty or another sample.
    workers : int, optional
        Processes that play and encode; 0 for one a core.
    force : bool, optional
        Write anew, over this or another sample.

    Returns
    -------
    bool
        False if the folder holds exactly this sample and nothing was written.

    Raises
    ------
    SampleError
        The folder holds something else or cannot be written, or the sample would be
        too small to hold every fault.
    """
    out = out.resolve()
    if _present(out, request, force):
        return False
    try:
        with whole_folder(out) as unfinished:
            _fill(unfinished, request, workers or cores())
            marker = json.dumps(asdict(request), indent=2)
            (unfinished / MARKER).write_text(marker + "\n", encoding="utf-8")
    except (OSError, sqlite3.Error, SoundFileError, BrokenExecutor) as error:
        raise SampleError(f"cannot be written: {error}", where=out) from error
    return True


def _present(out: Path, request: Request, force: bool) -> bool:
    """Tell whether the sample is there; refuse to touch a folder of other things."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    found = _read_marker(out)
    if found is None:
        raise SampleError(
            "is neither empty nor a sample",
            where=out,
            remedy="name another folder, or empty this one",
        )
    if found != asdict(request) and not force:
        raise SampleError(
            f"holds another sample ({_words(found)})",
            where=out,
            expected=_words(asdict(request)),
            remedy="replace it with --force, or name another folder",
        )
    return found == asdict(request) and not force


def _read_marker(out: Path) -> dict[str, object] | None:
    try:
        found = parse_json((out / MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _words(values: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _fill(folder: Path, request: Request, workers: int) -> None:
    plan = draw(request.tracks, request.seed)
    faults = plant(plan, audio=request.audio)
    tagging = Tagging(plan, faults)
    truth = folder / FOLDER
    truth.mkdir()
    with progress("songs", plan.size, "song") as advance:
        write_summary(folder / "msd_summary_file.h5", plan, advance)
    with progress("tags", int(plan.tagged.sum()), "song") as advance:
        write_lastfm(folder / "lastfm_tags.db", plan, tagging, advance)
    write_mismatches(folder / "sid_mismatches.txt", plan, faults)
    write_duplicates(folder / "msd_duplicates.txt", plan, faults)
    write_truth(truth, plan, faults, tagging)
    if request.audio:
        _write_audio(folder / "audio", truth, plan, faults, workers)


def _write_audio(
    root: Path, truth: Path, plan: Plan, faults: Faults, workers: int
) -> None:
    clips = list(_clips(plan, faults))
    root.mkdir()
    sizes: dict[str, int] = {}
    with progress("clips", len(clips), "clip") as advance:
        for path, size in write_all(clips, root, workers):
            sizes[path] = size
            advance(1)
    write_clips(truth, clips, sizes)


def _clips(plan: Plan, faults: Faults) -> Iterator[Clip]:
    for song in range(plan.size):
        damage = faults.damage.get(song, "")
        if song in faults.borrowed or damage == "no_clip":
            continue
        number = int(plan.sevendigital[song])
        original = faults.copies.get(song)
        if original is None:
            yield design(number, plan.piece(song), damage)
        else:
            copied = design(int(plan.sevendigital[original]), plan.piece(original))
            yield Clip(
                clip_path(number), copied.piece, "", copied.rate, copied.channels
            )
    for turn, number in enumerate(faults.orphans):
        yield design(number, _orphan(plan, turn))


def _orphan(plan: Plan, turn: int) -> Piece:
    """Return music that no song of the sample has."""
    like = plan.piece(turn)
    return Piece(like.seed, plan.size + turn, like.artist, like.style, like.tags)
