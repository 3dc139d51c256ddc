"""The export stage: plan, shards, labels, and the manifest last.

The warehouse is open only while the plan is read from it; the clips take hours, in
which others may ingest and build. Several machines can share the shards: each runs a
part, and one run, or `finish`, writes the manifest when all are there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dataset import index, labels, manifest
from dataset.errors import DatasetError
from dataset.manifest import Features, LabelSet, Manifest
from export import additions, labelling, plan, production, provenance, shards
from export.errors import ExportError
from export.narrowing import Narrowing
from export.part import Part
from export.plan import Plan
from export.production import Options, Written, disk_told, sweep
from export.recipe import Recipe
from export.selection import select
from lyre.checksum import sha256
from lyre.console import Advance
from lyre.counting import counted
from lyre.revision import revision


def prepare(
    warehouse: Path,
    folder: Path,
    recipe: Recipe,
    features: Features,
    *,
    narrowing: Narrowing | None = None,
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
    narrowing : Narrowing, optional
        What narrows the recipe.
    options : Options, optional
        How to run.

    Raises
    ------
    ExportError
        The final table is missing or not as it should be, a split is empty, or the
        folder holds another export.
    """
    options = options or Options()
    if options.replace and options.shared:
        raise ExportError(
            "a part of the shards cannot start over: others may be at work there",
            where=folder,
            remedy="leave --replace out, or name a new folder with --out",
        )
    with disk_told(folder), select(warehouse, recipe, narrowing) as selection:
        made = plan.make(
            selection.contents(),
            selection.extents(),
            features,
            shard_bytes=options.shard_bytes,
            seed=options.seed,
            target=options.target,
        )
        plan.claim(made, folder, replace=options.replace, shared=options.shared)
        plan.write(made, selection.rows(), folder, selection.names())
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
    with disk_told(folder):
        previous = _finished(folder)
        tasks = production.tasks(
            made, folder, audio_root, options, retry=previous is None
        )
        total = sum(made.tracks.values())
        written = production.produce(tasks, options, total, advance)
        return _conclude(made, folder, written, previous)


def run_part(
    made: Plan,
    folder: Path,
    audio_root: Path,
    part: Part,
    options: Options | None = None,
    advance: Advance = lambda _: None,
) -> list[Written]:
    """Write a part of the shards and no manifest; see `run`.

    Returns
    -------
    list of Written
        The shards of this part.
    """
    options = options or Options()
    with disk_told(folder):
        tasks = part.of_items(
            production.tasks(made, folder, audio_root, options, retry=False)
        )
        total = production.n_tracks(folder, tasks)
        return production.produce(tasks, options, total, advance)


def finish(made: Plan, folder: Path, options: Options | None = None) -> Manifest:
    """Write the manifest of an export whose shards are all there; decode nothing.

    Raises
    ------
    ExportError
        A shard is missing or damaged, too many clips are unusable, or a split came
        out empty.
    """
    options = options or Options()
    with disk_told(folder):
        tasks = production.tasks(made, folder, Path(), options, retry=False)
        found = {task.name: shards.finished(task) for task in tasks}
        missing = [name for name, entry in found.items() if entry is None]
        if missing:
            raise ExportError(
                f"missing or damaged: {len(missing):,} of "
                f"{counted(len(found), 'shard')}, such as {missing[0]}",
                where=folder,
                remedy="write them with --shards, or run without it",
            )
        entries = [entry for entry in found.values() if entry is not None]
        written = [Written(entry.shard, entry.left_out) for entry in entries]
        total = sum(made.tracks.values())
        production.check_share(written, total, options.max_bad_share)
        return _conclude(made, folder, written, _finished(folder))


def n_finished(made: Plan, folder: Path) -> int:
    """Return how many shards of a plan have been written, whole or damaged since."""
    return sum(index.file_of(folder, name).exists() for _, name in made.shards())


def _finished(folder: Path) -> Manifest | None:
    if not (folder / manifest.FILE_NAME).exists():
        return None
    try:
        return manifest.read(folder)
    except DatasetError:
        return None  # Damaged: it is written anew at the end.


def _conclude(
    made: Plan, folder: Path, written: Sequence[Written], previous: Manifest | None
) -> Manifest:
    """Write labels and manifest, unless those of an earlier run still hold."""
    production.check_records(written)
    sweep(folder)
    files = [each.shard for each in written]
    if previous is not None and previous.shards[: len(files)] == files:
        # Nothing was written anew: who made it, and what was added since, still hold.
        own = previous.label_sets[0]
        if _holds(own, made, folder):
            return previous
        label_sets = [_label(made, folder, written), *previous.label_sets[1:]]
        described = previous.model_copy(update={"label_sets": label_sets})
    else:
        if previous is not None:
            additions.drop(folder, previous, len(files))
        described = _describe(made, folder, written)
    manifest.write(described, folder)
    return described


def _holds(own: LabelSet, made: Plan, folder: Path) -> bool:
    file = folder / own.file
    return (
        own.training_set_checksum == made.contents.training_set_checksum
        and file.is_file()
        and sha256(file) == own.sha256
    )


def _describe(made: Plan, folder: Path, written: Sequence[Written]) -> Manifest:
    return Manifest(
        name=folder.resolve().name,
        created_at=datetime.now(UTC),
        revision=revision(),
        software=provenance.software(),
        target=made.target,
        features=made.features,
        layout=made.layout,
        shards=[each.shard for each in written],
        left_out=[track for each in written for track in each.left_out],
        label_sets=[_label(made, folder, written)],
    )


def _label(made: Plan, folder: Path, written: Sequence[Written]) -> LabelSet:
    (folder / labels.FOLDER).mkdir(exist_ok=True)
    return labelling.write(
        folder,
        made.contents.recipe,
        made.contents,
        labelling.planned(folder, [each.shard for each in written]),
        labelling.left_out(written),
    )
