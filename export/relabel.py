"""New labels over old audio: another recipe for an export, nothing decoded twice."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dataset import index, manifest
from dataset.index import Place
from dataset.labels import LabelledTrack
from dataset.manifest import LabelSet, Manifest, TrackKey
from export import additions, labelling
from export.additions import Adding
from export.errors import ExportError
from export.narrowing import Narrowing
from export.production import disk_told, sweep
from export.recipe import Contents, Recipe, ScannedRow
from export.selection import Selection, check_splits, select
from lyre.lock import locked

_NAME = re.compile(r"\w[\w.-]*")

# Source and track id, to number and name of the shard and place in it.
_Records = dict[tuple[str, str], tuple[int, str, Place]]


def relabel(
    folder: Path,
    warehouse: Path,
    recipe: Recipe,
    narrowing: Narrowing | None = None,
    name: str | None = None,
    adding: Adding | None = None,
) -> LabelSet:
    """Add the labels of a recipe to an export, or replace those of the same name.

    Parameters
    ----------
    folder : Path
        A finished export.
    warehouse : Path
        The DuckDB file.
    recipe : Recipe
        The version of the final table to read labels and splits from.
    narrowing : Narrowing, optional
        What narrows it.
    name : str, optional
        Name of the label set, by default that of the recipe.
    adding : Adding, optional
        Append shards for the tracks of the recipe that are not in the export.

    Returns
    -------
    LabelSet
        Its ``without_audio`` names the tracks of the recipe that are not in the
        export; with `adding`, those whose clip cannot be used.

    Raises
    ------
    ExportError, DatasetError
        The recipe's table or the export is missing or damaged, a split would have
        no track with audio, or too many clips to add are unusable.
    LockError
        Another process writes into the export.
    """
    name = recipe.name if name is None else name
    if _NAME.fullmatch(name) is None:
        raise ExportError(
            f"{name!r} is no name for a label set",
            expected="letters, digits, dots, hyphens and underscores",
        )
    # Before the lock, which would make a missing folder.
    manifest.read(folder)
    with locked(folder):
        return _relabel(folder, warehouse, recipe, narrowing, name, adding)


def _relabel(
    folder: Path,
    warehouse: Path,
    recipe: Recipe,
    narrowing: Narrowing | None,
    name: str,
    adding: Adding | None,
) -> LabelSet:
    described = manifest.read(folder)
    records = _records(folder, described)
    made = None
    with disk_told(folder), select(warehouse, recipe, narrowing) as selection:
        sweep(folder)
        contents = selection.contents()
        tracks, without_audio = _join(selection, contents, records)
        if adding is not None and without_audio:
            made = additions.prepare(
                folder,
                described,
                contents,
                lambda: _missing(selection, records),
                selection.names(),
            )
    with disk_told(folder):
        if made is not None and adding is not None:
            total = len(tracks) + len(without_audio)
            written = additions.write(made, folder, total, adding)
            described = additions.described_with(described, folder, made, written)
            added = [each.shard for each in written if each.shard.records]
            tracks.extend(labelling.planned(folder, added))
            without_audio = labelling.left_out(written)
        counts = Counter(track.split for track in tracks)
        told = narrowing.told() if narrowing else None
        check_splits(counts, f"{recipe.table} with audio in {described.name}", told)
        label_set = labelling.write(folder, name, contents, tracks, without_audio)
        manifest.write(_with(described, label_set), folder)
    return label_set


def _records(folder: Path, described: Manifest) -> _Records:
    return {
        (place.source, place.track_id): (number, entry.shard.name, place)
        for number, entry in enumerate(index.read_all(folder, described))
        for place in entry.places
    }


def _join(
    selection: Selection, contents: Contents, records: _Records
) -> tuple[list[LabelledTrack], list[TrackKey]]:
    """Return labelled tracks in the order of the shards, and those without audio."""
    found: list[tuple[int, LabelledTrack]] = []
    without_audio: list[TrackKey] = []
    for row in selection.rows():
        record = records.get((row.source, row.track_id))
        if record is None:
            key = TrackKey(source=row.source, track_id=row.track_id)
            without_audio.append(key)
            continue
        number, shard, place = record
        track = labelling.labelled(row, contents.positions(row), shard, place)
        found.append((number, track))
    found.sort(key=lambda item: (item[0], item[1].offset))
    return [track for _, track in found], without_audio


def _missing(selection: Selection, records: _Records) -> Iterator[ScannedRow]:
    for row in selection.rows():
        if (row.source, row.track_id) not in records:
            yield row


def _with(described: Manifest, label_set: LabelSet) -> Manifest:
    others = {entry.name: entry for entry in described.label_sets}
    label_sets = list((others | {label_set.name: label_set}).values())
    return described.model_copy(update={"label_sets": label_sets})
