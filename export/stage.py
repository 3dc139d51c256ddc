"""The export stage: plan, shards, labels, and the manifest last.

The warehouse is open only while the plan is read from it; the clips take hours, in
which others may ingest and build.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dataset import index, labels, manifest
from dataset.errors import DatasetError
from dataset.manifest import Features, LeftOut, Manifest, Shard, Split, Target, TrackKey
from export import labelling, plan, provenance, shards
from export.errors import ExportError
from export.plan import Plan
from export.recipe import Recipe
from export.selection import check_splits, select
from export.shards import ShardTask
from lyre.revision import revision

_SHOWN = 3

Advance = Callable[[int], None]


@dataclass(frozen=True)
class _Written:
    shard: Shard
    left_out: list[LeftOut]


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
    """

    workers: int = 1
    shard_bytes: int = 64_000_000
    seed: int = 0
    max_bad_share: float = 0.05
    target: Target = "tfrecord"
    replace: bool = False


def prepare(
    warehouse: Path,
    folder: Path,
    recipe: Recipe,
    features: Features,
    *,
    where: str | None = None,
    options: Options | None = None,
) -> Plan:
    """Plan an export and take its folder.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file; closed again when this returns.
    folder : Path
        Where the export goes: a new or empty folder, or one with a begun or
        finished export of the same plan.
    recipe : Recipe
        The version of the final table.
    features : Features
        Format and settings.
    where : str, optional
        An SQL condition that narrows the recipe.
    options : Options, optional
        How to run.

    Raises
    ------
    ExportError
        The final table is missing or not as it should be, a split is empty, or the
        folder holds another export.
    """
    options = options or Options()
    with _told(folder), select(warehouse, recipe, where) as selection:
        made = plan.make(
            selection,
            features,
            shard_bytes=options.shard_bytes,
            seed=options.seed,
            target=options.target,
        )
        plan.claim(made, folder, replace=options.replace)
        plan.write(made, selection.rows(), folder)
    return made


def run(
    made: Plan,
    folder: Path,
    audio_root: Path,
    options: Options | None = None,
    advance: Advance = lambda _: None,
) -> Manifest:
    """Write what was planned; an interrupted run goes on where it stopped.

    Parameters
    ----------
    made : Plan
        From `prepare`.
    folder : Path
        The same folder.
    audio_root : Path
        Folder that the paths of the final table start at.
    options : Options, optional
        How to run.
    advance : callable
        Called with the number of clips of each shard that is done.

    Returns
    -------
    Manifest
        As written; it lists the tracks that were left out.

    Raises
    ------
    ExportError
        There is no audio root, too many clips are unusable, or a split came out
        empty.
    """
    options = options or Options()
    if not audio_root.is_dir():
        raise ExportError(
            "no such folder of clips",
            where=audio_root,
            remedy="set sources.audio in lyre.toml, or name it with --audio-root",
        )
    with _told(folder):
        previous = _finished(folder)
        for part in ("shards", index.FOLDER, labels.FOLDER):
            (folder / part).mkdir(exist_ok=True)
        tasks = _tasks(made, folder, audio_root, retry=previous is None)
        written = _produce(made, tasks, options, advance)
        described = _describe(made, folder, written, previous)
        manifest.write(described, folder)
    return described


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Tell a full disk or a folder that may not be written in a sentence."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"cannot be written: {error.strerror or error}",
            where=error.filename or folder,
            remedy="run the command again after that: finished shards are kept",
        ) from error


def _finished(folder: Path) -> Manifest | None:
    if not (folder / manifest.FILE_NAME).exists():
        return None
    try:
        return manifest.read(folder)
    except DatasetError:
        return None  # Damaged: it is written anew at the end.


def _tasks(
    made: Plan, folder: Path, audio_root: Path, *, retry: bool
) -> list[ShardTask]:
    return [
        ShardTask(
            folder=folder,
            name=name,
            split=split,
            target=made.target,
            audio_root=audio_root,
            features=made.features,
            retry=retry,
        )
        for split, name in made.shards()
    ]


def _produce(
    made: Plan, tasks: Sequence[ShardTask], options: Options, advance: Advance
) -> list[_Written]:
    """Produce all shards and tell of them in order, or stop early."""
    allowed = options.max_bad_share * sum(made.tracks.values())
    done: dict[str, _Written] = {}
    n_left_out = 0
    for entry in shards.produce_all(tasks, options.workers):
        # Places stay on disk: memory must not grow with the number of clips.
        done[entry.shard.name] = _Written(entry.shard, entry.left_out)
        advance(len(entry.places) + len(entry.left_out))
        n_left_out += len(entry.left_out)
        if n_left_out > allowed:
            raise _too_many(done.values(), n_left_out, options.max_bad_share)
    written = [done[task.name] for task in tasks]
    records: Counter[Split] = Counter()
    for each in written:
        records[each.shard.split] += each.shard.records
    check_splits(records, "clips that could be read", None)
    return written


def _too_many(
    written: Iterable[_Written], n_left_out: int, share: float
) -> ExportError:
    left_out = [track for each in written for track in each.left_out]
    shown = "; ".join(f"{track.path}: {track.reason}" for track in left_out[:_SHOWN])
    return ExportError(
        f"{n_left_out:,} clips cannot be used, such as {shown}",
        expected=f"at most {share:.0%} of them",
        remedy="see whether the audio root is right, or raise --max-bad-share",
    )


def _describe(
    made: Plan, folder: Path, written: Sequence[_Written], previous: Manifest | None
) -> Manifest:
    """Write the label set and return the manifest."""
    left_out = [track for each in written for track in each.left_out]
    files = [each.shard for each in written]
    own = labelling.write(
        folder,
        made.contents.recipe,
        made.contents,
        labelling.planned(folder, files),
        [TrackKey(source=each.source, track_id=each.track_id) for each in left_out],
    )
    if previous is not None and previous.shards == files:
        # Nothing was written anew: who made it, and labels added since, still hold.
        added = [each for each in previous.label_sets if each.name != own.name]
        return previous.model_copy(update={"label_sets": [own, *added]})
    return Manifest(
        name=folder.resolve().name,
        created_at=datetime.now(UTC),
        revision=revision(),
        software=provenance.software(),
        target=made.target,
        features=made.features,
        layout=made.layout,
        shards=files,
        left_out=left_out,
        label_sets=[own],
    )
