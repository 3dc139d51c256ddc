"""``sid_mismatches.txt`` and ``msd_duplicates.txt``."""

from pathlib import Path

from sample.faults import Faults, Mismatch
from sample.plan import Plan
from sample.randomness import stream

# Some copies of the real list have a seventh line.
_COMMENTS = (
    "# MILLION SONG DATASET: DUPLICATES",
    "# tracks that seem to be the same recording, found by title and artist",
    "# FORMAT for each line:",
    "#   #                - comment, to ignore",
    "#   %number name     - beginning of a group of duplicates",
    "#   TID              - a track of the current group",
    "# this list is part of a sample; its songs are invented",
)


def write_mismatches(path: Path, plan: Plan, faults: Faults) -> None:
    """Write the mismatch list: lines with a left pair first, as in the real list."""
    lines = sorted(faults.mismatches, key=lambda line: line.empty_left)
    text = "".join(_mismatch_line(plan, line) + "\n" for line in lines)
    path.write_bytes(text.encode())


def _mismatch_line(plan: Plan, line: Mismatch) -> str:
    song_id = plan.song_id[line.song].decode()
    track_id = plan.track_id[line.song].decode()
    other = int(plan.music[line.song])
    left = "  -  "
    if not line.empty_left:
        left = f"{plan.artist_of(other)}  -  {plan.title(other)}"
    right = f"{plan.artist_of(line.song)}  -  {plan.title(line.song)}"
    return f"ERROR: <{song_id} {track_id}> {left}  !=  {right}"


def write_duplicates(path: Path, plan: Plan, faults: Faults) -> None:
    """Write the list of duplicate groups; the seed decides on six or seven comments."""
    rng = stream(plan.seed, "duplicates list")
    comments = _COMMENTS[: 6 + int(rng.integers(2))]
    lines = list(comments)
    for members in faults.groups:
        first = members[0]
        number = int(rng.integers(1, 10_000_000))
        lines.append(f"%{number} {plan.artist_of(first)} - {plan.title(first)}")
        lines += [plan.track_id[song].decode() for song in members]
    path.write_bytes(("\n".join(lines) + "\n").encode())
