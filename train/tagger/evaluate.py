"""The protocol of the papers: evenly spaced windows, mean per track, macro average."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset import manifest
from train import metrics, runs
from train.errors import TrainError
from train.metrics import Metrics
from train.tagger.tagger import DEFAULT_WINDOWS, Tagger
from train.tracks import Tracks, open_split

_BATCH = 32


@dataclass(frozen=True)
class Evaluation:
    """How a model does on a split.

    Parameters
    ----------
    model : Path
        The model's file.
    export : Path
        The data set.
    label_set, split : str
        What of it.
    windows : int
        Evenly spaced windows per track.
    notes : tuple of str
        Differences between this data set and the one that the model learned from.
    metrics : Metrics
        The result.
    """

    model: Path
    export: Path
    label_set: str
    split: str
    windows: int
    notes: tuple[str, ...]
    metrics: Metrics

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation as values that JSON holds."""
        return {
            "model": str(self.model),
            "export": str(self.export),
            "label_set": self.label_set,
            "split": self.split,
            "windows": self.windows,
            "notes": list(self.notes),
            **self.metrics.to_dict(),
        }


def evaluate(
    run: Path,
    *,
    export: Path | None = None,
    label_set: str | None = None,
    split: str = "test",
    windows: int = DEFAULT_WINDOWS,
    told: Callable[[int], None] | None = None,
) -> Evaluation:
    """Evaluate a model; for a run, write ``metrics.json`` into its folder.

    Parameters
    ----------
    run : Path
        Folder of a run, whose best model is taken, or a ``.keras`` file.
    export : Path, optional
        The data set; by default the one that the run learned from.
    label_set : str, optional
        Its label set; by default the one that the model learned, where the export has
        it.
    split : str
        train, validation or test.
    windows : int
        Evenly spaced windows per track; their sigmoids are averaged.
    told : callable, optional
        Called with the number of windows just scored.

    Raises
    ------
    TrainError
        The model or the data set is missing, their features differ, or a tag of the
        model is not in the data set.
    """
    from train.scoring import score_tracks

    file = runs.model_of(run) if run.is_dir() else run
    folder = export or _export_of(run)
    described = manifest.read(folder)
    tagger = Tagger.load(file)
    wanted = label_set or _label_set(described, tagger.bundle.label_set)
    tracks = open_split(folder, split, label_set=wanted, tags=tagger.tags)
    _check_features(tracks, tagger, folder)
    scores = score_tracks(
        tagger.score,
        tracks,
        tagger.bundle.window,
        count=windows,
        batch_size=_BATCH,
        told=told,
    )
    found = Evaluation(
        model=file,
        export=folder,
        label_set=wanted,
        split=split,
        windows=windows,
        notes=tuple(_notes(run, described, folder, wanted, tagger)),
        metrics=metrics.compute(tracks.labels, scores, tracks.tags),
    )
    if run.is_dir():
        runs.write_json(run / runs.METRICS, found.to_dict())
    return found


def _export_of(run: Path) -> Path:
    if not run.is_dir():
        raise TrainError(
            "a model alone does not say where its data set lies",
            where=run,
            remedy="name it with --export",
        )
    folder = runs.read(run).export
    if not (folder / manifest.FILE_NAME).is_file():
        raise TrainError(
            f"its data set is no longer at {folder}",
            where=run,
            remedy="name the place with --export",
        )
    return folder


def _label_set(described: manifest.Manifest, learned: str) -> str:
    names = [entry.name for entry in described.label_sets]
    return learned if learned in names else names[0]


def _check_features(tracks: Tracks, tagger: Tagger, folder: Path) -> None:
    if tracks.features != tagger.bundle.features:
        raise TrainError(
            "the features of the data set are not those that the model learned from",
            where=folder,
            expected=str(tagger.bundle.features),
        )


def _notes(
    run: Path,
    described: manifest.Manifest,
    folder: Path,
    label_set: str,
    tagger: Tagger,
) -> list[str]:
    notes = []
    entry = described.label_set(label_set)
    if entry.training_set_checksum != tagger.bundle.training_set_checksum:
        notes.append("the model learned from another training set or label set")
    if (
        run.is_dir()
        and runs.manifest_checksum(folder) != runs.read(run).manifest_sha256
    ):
        notes.append("the export has changed since the run")
    unknown = [tag for tag in entry.tags if tag not in tagger.tags]
    if unknown:
        notes.append(f"tags that the model does not know: {', '.join(unknown)}")
    return notes
