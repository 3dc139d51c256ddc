"""Producing the shards of a plan, and knowing when too much of it fails."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dataset import index, labels
from dataset.index import ShardIndex
from dataset.manifest import SHARDS, LeftOut, Shard, Split, Target
from export import plan, shards
from export.errors import ExportError
from export.plan import Plan
from export.selection import check_splits
from export.shards import ShardTask
from lyre.cluster import Cluster
from lyre.console import Advance
from lyre.counting import counted

_SHOWN = 3


@dataclass(frozen=True)
class Options:
    """How an export runs; its features and rows are said elsewhere.

    Parameters
    ----------
    workers : int
        Decoding processes.
    shard_bytes : int
        Size to aim at.
    seed : int
        Seed of the order inside shards.
    max_bad_share : float
        Share of the clips that may be unusable before the run stops.
    target : str
        Kind of the shards' files.
    replace : bool
        Start over in a folder that holds another export.
    shared : bool
        Others write other shards of the same export into the folder.
    datasets : mapping of str to Path
        Audio folders of data sets that do not lie in the audio root, by name.
    cluster : Cluster, optional
        Writes the shards, one a task, instead of processes of this machine.
    """

    workers: int = 1
    shard_bytes: int = 64_000_000
    seed: int = 0
    max_bad_share: float = 0.05
    target: Target = "tfrecord"
    replace: bool = False
    shared: bool = False
    datasets: Mapping[str, Path] = field(default_factory=dict)
    cluster: Cluster | None = None


@dataclass(frozen=True)
class Written:
    """A shard, and what should have been in it; its places stay on disk."""

    shard: Shard
    left_out: list[LeftOut]


def tasks(
    made: Plan, folder: Path, audio_root: Path, options: Options, *, retry: bool
) -> list[ShardTask]:
    """Return the task of each shard of a plan, in order."""
    return [
        ShardTask(
            folder=folder,
            name=name,
            split=split,
            target=made.target,
            audio_root=audio_root,
            datasets=options.datasets,
            features=made.features,
            retry=retry,
        )
        for split, name in made.shards()
    ]


def n_tracks(folder: Path, chosen: Iterable[ShardTask]) -> int:
    """Return the number of tracks that are planned for some shards."""
    return sum(plan.count(folder, task.name) for task in chosen)


def produce(
    chosen: Sequence[ShardTask], options: Options, total: int, advance: Advance
) -> list[Written]:
    """Produce shards and tell of them in order, or stop early.

    Parameters
    ----------
    chosen : sequence of ShardTask
        The shards.
    options : Options
        How many processes, and which share may be unusable.
    total : int
        Number of tracks that the share is of.
    advance : callable
        Called with the number of clips of each shard that is done.

    Raises
    ------
    ExportError
        There is no audio root, or too many clips are unusable.
    """
    if chosen and not (chosen[0].audio_root.is_dir() or options.datasets):
        raise ExportError(
            "no such folder of clips",
            where=chosen[0].audio_root,
            remedy="set sources.audio in lyre.toml, or name it with --audio-root",
        )
    _make_folders(chosen)
    done: dict[str, Written] = {}
    for entry in _entries(chosen, options):
        done[entry.shard.name] = Written(entry.shard, entry.left_out)
        advance(len(entry.places) + len(entry.left_out))
        check_share(done.values(), total, options.max_bad_share)
    return [done[task.name] for task in chosen]


def _entries(chosen: Sequence[ShardTask], options: Options) -> Iterator[ShardIndex]:
    if options.cluster is None:
        return shards.produce_all(chosen, options.workers)
    return options.cluster.run(shards.produce, chosen, shards.give_up)


def check_share(written: Iterable[Written], total: int, share: float) -> None:
    """Refuse what lacks more than a share of its tracks."""
    left_out = [track for each in written for track in each.left_out]
    if len(left_out) <= share * total:
        return
    shown = "; ".join(f"{track.path}: {track.reason}" for track in left_out[:_SHOWN])
    raise ExportError(
        f"{counted(len(left_out), 'unusable clip')}, such as {shown}",
        expected=f"at most {share:.0%} of all",
        remedy="see whether the audio root is right, or raise --max-bad-share",
    )


def check_records(written: Iterable[Written]) -> None:
    """Refuse an export with a split of which no clip could be read."""
    records: Counter[Split] = Counter()
    for each in written:
        records[each.shard.split] += each.shard.records
    check_splits(records, "clips that could be read", None)


def sweep(folder: Path) -> None:
    """Take away what killed runs left half in an export that nobody else writes."""
    for half in folder.rglob("*.part"):
        half.unlink(missing_ok=True)


@contextmanager
def disk_told(folder: Path) -> Iterator[None]:
    """Tell a full disk or a folder that may not be written in a sentence."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"cannot be written: {error.strerror or error}",
            where=error.filename or folder,
            remedy="run the command again after that: finished shards are kept",
        ) from error


def _make_folders(chosen: Iterable[ShardTask]) -> None:
    for folder in {task.folder for task in chosen}:
        for part in (SHARDS, index.FOLDER, labels.FOLDER):
            (folder / part).mkdir(exist_ok=True)
