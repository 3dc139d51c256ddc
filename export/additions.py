"""Shards that are appended to a finished export, for tracks that it has no audio of.

Their names tell the number of the addition, ``train-added1-00000-of-00002``, so that
those that were there stay as they are. An addition that was stopped goes on: its
number is that of the next, and its shards are kept where they are as planned.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dataset import index
from dataset.manifest import SHARDS, SPLITS, Addition, Manifest, Split
from export import plan, production, provenance
from export.plan import Plan
from export.production import Options, Written
from export.recipe import Contents, Extent, Row, ScannedRow
from lyre.console import Advance
from lyre.revision import revision


@dataclass(frozen=True)
class Adding:
    """How missing tracks are added.

    Parameters
    ----------
    audio_root : Path
        Folder that the paths of the final table start at.
    options : Options
        How many processes, and which share of the recipe's clips may be unusable;
        size and order of shards are those of the export.
    advance : callable
        Called with the number of clips of each shard that is done.
    """

    audio_root: Path
    options: Options = field(default_factory=Options)
    advance: Advance = lambda _: None


def prepare(
    folder: Path,
    described: Manifest,
    contents: Contents,
    rows: Callable[[], Iterator[ScannedRow]],
    names: Mapping[str, bytes],
) -> Plan:
    """Plan shards for rows that an export has no audio of.

    Parameters
    ----------
    folder : Path
        The export's folder.
    described : Manifest
        What it holds.
    contents : Contents
        What the rows are from.
    rows : callable
        Yields them in the order of `Selection.rows`; called twice.
    names : mapping of str to bytes
        The names of clips that are not UTF-8.
    """
    made = plan.make(
        contents,
        _extents(rows()),
        described.features,
        shard_bytes=described.layout.shard_bytes,
        seed=described.layout.seed,
        target=described.target,
        addition=len(described.additions) + 1,
    )
    _clear(folder, made)
    plan.write(made, rows(), folder, names)
    return made


def write(made: Plan, folder: Path, total: int, adding: Adding) -> list[Written]:
    """Write the shards of an addition; one that nothing could be read for is none.

    Parameters
    ----------
    made : Plan
        From `prepare`.
    folder : Path
        The export's folder.
    total : int
        Number of tracks that the share of unusable clips is of.
    adding : Adding
        How.
    """
    tasks = production.tasks(
        made, folder, adding.audio_root, adding.options, retry=True
    )
    written = production.produce(tasks, adding.options, total, adding.advance)
    for each in written:
        if not each.shard.records:
            _remove(folder, each.shard.name)
    return written


def described_with(
    described: Manifest, folder: Path, made: Plan, written: list[Written]
) -> Manifest:
    """Return the manifest of an export with an addition."""
    added = [each.shard for each in written if each.shard.records]
    left_out = {(each.source, each.track_id): each for each in described.left_out}
    left_out |= {
        (track.source, track.track_id): track
        for each in written
        for track in each.left_out
    }
    for shard in added:
        for place in index.read(folder, shard.name).places:
            left_out.pop((place.source, place.track_id), None)
    changes: dict[str, object] = {"left_out": list(left_out.values())}
    if added:
        addition = Addition(
            number=made.addition,
            created_at=datetime.now(UTC),
            revision=revision(),
            software=provenance.software(),
        )
        changes["shards"] = [*described.shards, *added]
        changes["additions"] = [*described.additions, addition]
    return described.model_copy(update=changes)


def drop(folder: Path, described: Manifest, n_kept: int) -> None:
    """Remove the shards of an export behind its first ones."""
    for shard in described.shards[n_kept:]:
        _remove(folder, shard.name)


def _extents(rows: Iterator[Row]) -> dict[Split, Extent]:
    tracks: Counter[Split] = Counter()
    seconds: dict[Split, float] = dict.fromkeys(SPLITS, 0.0)
    for row in rows:
        tracks[row.split] += 1
        seconds[row.split] += row.decoded_seconds or 0
    return {split: Extent(tracks[split], seconds[split]) for split in SPLITS}


def _clear(folder: Path, made: Plan) -> None:
    """Remove what a stopped addition left that planned other shards."""
    planned = {Path(name).stem for _, name in made.shards()}
    for part in (SHARDS, index.FOLDER, plan.FOLDER):
        for path in (folder / part).glob(f"*-added{made.addition}-*"):
            if path.stem not in planned:
                path.unlink()


def _remove(folder: Path, shard: str) -> None:
    for path in (
        folder / shard,
        index.file_of(folder, shard),
        plan.file_of(folder, shard),
    ):
        path.unlink(missing_ok=True)
