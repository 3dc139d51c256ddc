"""The protocol of the papers: evenly spaced windows, mean per track, macro average."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset import manifest
from lyre.checksum import sha256
from lyre.counting import counted
from lyre.revision import revision
from lyre.whole import write_whole
from train import metrics, runs
from train.data.tracks import Tracks, open_split
from train.errors import TrainError
from train.results import read_history
from train.scoring import Scores, score_tracks
from train.tagger import thresholds as kept
from train.tagger.evaluation import Evaluation
from train.tagger.measures import slices
from train.tagger.measures.calibration import calibrate
from train.tagger.measures.decisions import choose, judge
from train.tagger.measures.intervals import REPLICATES, bootstrap
from train.tagger.page import Contents, build
from train.tagger.tables import write_predictions
from train.tagger.tagger import Tagger
from train.tagger.thresholds import Thresholds

PREDICTIONS, PAGE = "predictions.parquet", "report.html"
DEFAULT_WINDOWS = 16
# What is not the run's own figure (its best model on the test split of the data set and
# label set that it learned) lies in here.
_OTHERS = "evaluations"
_BATCH = 32


@dataclass(frozen=True)
class _Source:
    """What is evaluated, on what."""

    run: Path | None
    model: Path
    export: Path
    described: manifest.Manifest
    label_set: str
    tagger: Tagger
    windows: int
    told: Callable[[int], None] | None

    def scored(self, split: str) -> tuple[Tracks, Scores]:
        """Score a split; its labels come in the order of the model's tags."""
        tags = self.tagger.tags
        tracks = open_split(
            self.export,
            split,
            label_set=self.label_set,
            tags=tags,
            selection=self.tagger.bundle.selection,
        )
        _check_features(tracks, self.tagger, self.export)
        scores = score_tracks(
            self.tagger.score,
            tracks,
            self.tagger.bundle.window,
            count=self.windows,
            batch_size=_BATCH,
            told=self.told,
        )
        return tracks, scores


def evaluate(
    run: Path,
    *,
    export: Path | None = None,
    label_set: str | None = None,
    split: str = "test",
    windows: int = DEFAULT_WINDOWS,
    slice_columns: Sequence[str] = slices.DEFAULT_COLUMNS,
    replicates: int = REPLICATES,
    seed: int = 0,
    out: Path | None = None,
    told: Callable[[int], None] | None = None,
) -> Evaluation:
    """Evaluate a model and write what was found.

    ``metrics.json``, ``predictions.parquet`` and ``report.html`` go into the run's
    folder, those of another split, checkpoint or data set into ``evaluations/`` in it.
    The thresholds, chosen once on the validation split, are kept beside the model.

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
    slice_columns : sequence of str
        Columns of the label set to give the metrics by.
    replicates, seed : int
        Of the bootstrap over artists; no replicates, no intervals.
    out : Path, optional
        Another folder for the results; a model outside of a run needs one, or none
        are written.
    told : callable, optional
        Called with the number of windows just scored.

    Raises
    ------
    TrainError
        The model or the data set is missing, their features differ, or a tag of the
        model or a column is not in the data set.
    """
    slices.check(slice_columns)
    source = _open(run, export, label_set, windows, told)
    tracks, scores = source.scored(split)
    thresholds = _thresholds(source, split, (tracks, scores))
    array = None if thresholds is None else thresholds.array()
    judged = (tracks.labels, scores)
    found = Evaluation(
        model=source.model,
        export=source.export,
        label_set=source.label_set,
        split=split,
        windows=windows,
        notes=(*_notes(source, split, thresholds), *_left_out(tracks)),
        metrics=metrics.compute(*judged, tracks.tags),
        decisions=None if array is None else judge(*judged, array, tracks.tags),
        calibration=calibrate(*judged, tracks.tags),
        intervals=bootstrap(
            *judged,
            [row.artist_key for row in tracks.rows],
            thresholds=array,
            replicates=replicates,
            seed=seed,
        ),
        slices={
            column: slices.slice_by(column, tracks.rows, *judged, tracks.tags)
            for column in slice_columns
        },
        folder=out or _folder(source, split),
    )
    if found.folder is not None:
        _write(found, found.folder, tracks, scores, source)
    return found


def _write(
    found: Evaluation, folder: Path, tracks: Tracks, scores: Scores, source: _Source
) -> None:
    """Write tables, page and, last, the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    array = None if found.decisions is None else found.decisions.thresholds()
    write_predictions(folder / PREDICTIONS, tracks, scores, array)
    page = build(
        Contents(
            title=source.run.name if source.run is not None else source.model.name,
            found=found,
            labels=tracks.labels.astype(np.bool_),
            scores=scores,
            history=[] if source.run is None else read_history(source.run),
            funnel=source.described.label_set(source.label_set).funnel,
            facts=_facts(found, source),
        )
    )
    write_whole(folder / PAGE, page.encode())
    runs.write_json(folder / runs.METRICS, found.to_dict())


def _facts(found: Evaluation, source: _Source) -> dict[str, str]:
    bundle, bounds = source.tagger.bundle, found.intervals
    facts = {
        "model": source.model.name,
        "architecture": ", ".join(f"{k} {v}" for k, v in bundle.model.items()),
        "window": f"{bundle.window.seconds:g} s",
        "features": ", ".join(
            f"{key} {value}"
            for key, value in bundle.features.model_dump(exclude_none=True).items()
        ),
        "training set": bundle.training_set_checksum or bundle.export,
        "revision of the model": bundle.revision or "unknown",
        "revision of the evaluation": revision() or "unknown",
    }
    if bounds is not None:
        facts["intervals"] = (
            f"{bounds.level:.0%}, percentiles of "
            f"{counted(bounds.replicates, 'bootstrap replicate')} over "
            f"{counted(bounds.artists, 'artist')}"
        )
    return facts


def _open(
    run: Path,
    export: Path | None,
    label_set: str | None,
    windows: int,
    told: Callable[[int], None] | None,
) -> _Source:
    file = runs.model_of(run) if run.is_dir() else run
    of_run = file.parent if (file.parent / runs.RUN).is_file() else None
    folder = export or _export_of(of_run, file)
    described = manifest.read(folder)
    tagger = Tagger.load(file)
    learned = tagger.bundle.scoring_label_set or tagger.bundle.label_set
    wanted = label_set or _label_set(described, learned)
    return _Source(of_run, file, folder, described, wanted, tagger, windows, told)


def _export_of(run: Path | None, file: Path) -> Path:
    if run is None:
        raise TrainError(
            "a model alone does not say where its data set lies",
            where=file,
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


def _thresholds(
    source: _Source, split: str, judged: tuple[Tracks, Scores]
) -> Thresholds | None:
    """Return the model's thresholds, chosen now unless they were for these tracks."""
    entry = source.described.label_set(source.label_set)
    if not entry.splits["validation"].tracks:
        return None
    has_file = source.model.is_file()  # a published model has none of ours
    known = kept.find(source.model) if has_file else None
    if (
        known is not None
        and known.windows == source.windows
        and known.training_set_checksum
        in (entry.training_set_checksum, source.tagger.bundle.training_set_checksum)
    ):
        return known
    tracks, scores = judged if split == "validation" else source.scored("validation")
    chosen = choose(tracks.labels, scores)
    found = Thresholds(
        model_sha256=sha256(source.model) if has_file else "",
        training_set_checksum=entry.training_set_checksum,
        label_set=source.label_set,
        windows=source.windows,
        tracks=len(tracks.rows),
        tags={
            tag: None if value != value else value  # NaN alone differs from itself
            for tag, value in zip(tracks.tags, chosen.tolist(), strict=True)
        },
    )
    if has_file:
        kept.write(source.model, found)
    return found


def _folder(source: _Source, split: str) -> Path | None:
    """Return where results go: only those that a run is known by lie at its top."""
    if source.run is None:
        return None
    name = f"{source.model.stem}-{split}"
    if not _is_own_data(source, source.run):
        labels = Path(source.described.label_set(source.label_set).file).stem
        return source.run / _OTHERS / f"{name}-{source.export.resolve().name}-{labels}"
    if split == "test" and source.model == runs.model_of(source.run):
        return source.run
    return source.run / _OTHERS / name


def _is_own_data(source: _Source, run: Path) -> bool:
    """Tell whether data set, wherever it lies now, and label set are those of a run."""
    described, bundle = runs.read(run), source.tagger.bundle
    same = source.export.resolve() == described.export.resolve()
    moved = runs.manifest_checksum(source.export) == described.manifest_sha256
    learned = bundle.scoring_label_set or bundle.label_set
    return (same or moved) and source.label_set == learned


def _check_features(tracks: Tracks, tagger: Tagger, folder: Path) -> None:
    if tracks.features != tagger.bundle.features:
        raise TrainError(
            "the features of the data set are not those that the model learned from",
            where=folder,
            expected=str(tagger.bundle.features),
        )


def _left_out(tracks: Tracks) -> list[str]:
    return [
        f"{counted(number, 'track')} not judged: {rule}"
        for rule, number in tracks.left_out.items()
    ]


def _notes(source: _Source, split: str, thresholds: Thresholds | None) -> list[str]:
    notes = []
    entry = source.described.label_set(source.label_set)
    tagger = source.tagger
    if entry.training_set_checksum != tagger.bundle.training_set_checksum:
        notes.append("the model learned from another training set or label set")
    if (
        source.run is not None
        and runs.manifest_checksum(source.export)
        != runs.read(source.run).manifest_sha256
    ):
        notes.append("the export has changed since the run")
    unknown = [tag for tag in entry.tags if tag not in tagger.tags]
    if unknown:
        notes.append(f"tags that the model does not know: {', '.join(unknown)}")
    if thresholds is None:
        notes.append("no validation split, so no thresholds and no F1")
    elif (
        split == "validation"
        and thresholds.training_set_checksum == entry.training_set_checksum
    ):
        notes.append("the thresholds were chosen on these very tracks: F1 flatters")
    return notes
