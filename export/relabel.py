"""New labels over old audio: another recipe for an export, without decoding."""

import re
from collections import Counter
from pathlib import Path

from dataset import index, manifest
from dataset.index import Place
from dataset.labels import LabelledTrack
from dataset.manifest import LabelSet, Manifest, TrackKey
from export import labelling
from export.errors import ExportError
from export.recipe import Contents, Recipe
from export.selection import Selection, check_splits, select

_NAME = re.compile(r"\w[\w.-]*")

# Source and track id, to number and name of the shard and place in it.
_Records = dict[tuple[str, str], tuple[int, str, Place]]


def relabel(
    folder: Path,
    warehouse: Path,
    recipe: Recipe,
    *,
    where: str | None = None,
    name: str | None = None,
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
    where : str, optional
        A condition that narrows it.
    name : str, optional
        Name of the label set, by default that of the recipe.

    Returns
    -------
    LabelSet
        Its ``without_audio`` names the tracks of the recipe that are not in the
        export.

    Raises
    ------
    ExportError, DatasetError
        The recipe's table or the export is missing or damaged, or a split would
        have no track with audio.
    """
    name = recipe.name if name is None else name
    if _NAME.fullmatch(name) is None:
        raise ExportError(
            f"{name!r} is no name for a label set",
            expected="letters, digits, dots, hyphens and underscores",
        )
    described = manifest.read(folder)
    records = _records(folder, described)
    with select(warehouse, recipe, where) as selection:
        contents = selection.contents()
        tracks, without_audio = _join(selection, contents, records)
    counts = Counter(track.split for track in tracks)
    check_splits(counts, f"{recipe.table} with audio in {described.name}", where)
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


def _with(described: Manifest, label_set: LabelSet) -> Manifest:
    others = {entry.name: entry for entry in described.label_sets}
    label_sets = list((others | {label_set.name: label_set}).values())
    return described.model_copy(update={"label_sets": label_sets})
