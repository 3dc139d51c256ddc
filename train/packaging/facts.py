"""What is known of a trained model beside its weights: run, metrics, thresholds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train import config as configuration
from train import pretrained, runs
from train.bundle import Bundle
from train.results import read_metrics
from train.runs import Run
from train.tagger import thresholds as kept


@dataclass(frozen=True)
class Facts:
    """What a model card tells.

    Parameters
    ----------
    name : str
        What to call the model: that of its run, its file, or the published one.
    bundle : Bundle
        Tags, features, window and architecture.
    parameters : int
        Number of weights.
    run : Run or None
        The run that it came from.
    metrics : dict or None
        What ``evaluate`` found on the test split, of this very model.
    thresholds : dict of str to float or None
        Least score per tag that is a yes, where ``evaluate`` chose them.
    learned_from : str or None
        The weights that training started from, and their licence.
    """

    name: str
    bundle: Bundle
    parameters: int
    run: Run | None = None
    metrics: dict[str, Any] | None = None
    thresholds: dict[str, float | None] | None = None
    learned_from: str | None = None


def gather(source: Path, bundle: Bundle, parameters: int) -> Facts:
    """Gather what is known.

    Parameters
    ----------
    source : Path
        Name of a published model, folder of a run, or a ``.keras`` file.
    bundle : Bundle
        Its description.
    parameters : int
        Number of its weights.
    """
    if str(source) in pretrained.NAMES:
        return Facts(str(source), bundle, parameters)
    file = runs.model_of(source) if source.is_dir() else source
    folder = file.absolute().parent
    in_run = (folder / runs.RUN).is_file()
    found = kept.find(file)
    return Facts(
        name=folder.name if in_run else file.stem,
        bundle=bundle,
        parameters=parameters,
        run=runs.read(folder) if in_run else None,
        metrics=_metrics(folder, file),
        thresholds=None if found is None else found.tags,
        learned_from=_learned_from(folder) if in_run else None,
    )


def _metrics(folder: Path, file: Path) -> dict[str, Any] | None:
    """Read ``metrics.json`` where it is about this file, not an earlier one."""
    place = folder / runs.METRICS
    if not place.is_file() or place.stat().st_mtime < file.stat().st_mtime:
        return None
    found = read_metrics(folder)
    return found if found and Path(found["model"]).name == file.name else None


def _learned_from(folder: Path) -> str | None:
    """Tell the weights that a run started from."""
    if not (folder / runs.CONFIG).is_file():
        return None
    named = configuration.load(folder / runs.CONFIG).init.model
    if named in pretrained.NAMES:
        return f"{named}: {pretrained.origin(named)}"
    return named or None
