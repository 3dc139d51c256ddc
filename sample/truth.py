"""``ground_truth/``: what is true of the sample, for tests to compare with.

``songs.csv``
    One row a song: track_id, artist_id, artist, title, style, true_tags (joined by
    ``|``), decade, year (the true one), tagged (0 or 1), sevendigital_id, plays (the
    track whose music the clip has).
``faults.csv``
    One row a fault: track_id (empty where no song is concerned), kind, evidence.
``tag_spellings.csv``
    One row a raw tag that listeners may give, of which the database has those that
    some did: raw_tag, true_tag (what it means; empty where nothing), kind (spelling,
    other, opinion, junk, artist, title, tail).
``clips.csv``
    One row a file: path, sevendigital_id, damage, sample_rate, channels, bytes.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from sample.clips import Clip
from sample.faults import Faults
from sample.plan import Plan
from sample.styles import STYLES
from sample.tags import Tagging

FOLDER = "ground_truth"


def write_truth(folder: Path, plan: Plan, faults: Faults, tagging: Tagging) -> None:
    """Write everything but the list of clips into an existing folder."""
    _write(
        folder / "songs.csv",
        "track_id artist_id artist title style true_tags decade year tagged "
        "sevendigital_id plays",
        _songs(plan),
    )
    _write(folder / "faults.csv", "track_id kind evidence", _faults(plan, faults))
    _write(
        folder / "tag_spellings.csv",
        "raw_tag true_tag kind",
        ((tag.text, tag.meaning, tag.kind) for tag in tagging.raw_tags()),
    )


def write_clips(folder: Path, clips: Iterable[Clip], sizes: dict[str, int]) -> None:
    """Write the list of clips with the sizes of their files."""
    rows = (
        (
            clip.path,
            Path(clip.path).name.split(".")[0],
            clip.damage,
            clip.rate,
            clip.channels,
            sizes[clip.path],
        )
        for clip in clips
    )
    header = "path sevendigital_id damage sample_rate channels bytes"
    _write(folder / "clips.csv", header, rows)


def _write(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def _songs(plan: Plan) -> Iterator[tuple[object, ...]]:
    for song in range(plan.size):
        artist = int(plan.artist[song])
        year = int(plan.true_year[song])
        yield (
            plan.track_id[song].decode(),
            plan.artist_id[artist].decode(),
            plan.artist_name[artist],
            plan.title(song),
            STYLES[int(plan.style[song])].name,
            "|".join(plan.tag_names(song)),
            f"{year // 10 % 10}0s",
            year,
            int(plan.tagged[song]),
            int(plan.sevendigital[song]),
            plan.track_id[int(plan.music[song])].decode(),
        )


def _faults(plan: Plan, faults: Faults) -> Iterator[tuple[str, str, str]]:
    for fault in faults.found:
        known = fault.song >= 0
        track = plan.track_id[fault.song].decode() if known else ""
        yield track, fault.kind, fault.evidence
    for song in range(plan.size):
        if not plan.tagged[song]:
            yield plan.track_id[song].decode(), "untagged", "no row in tids"
