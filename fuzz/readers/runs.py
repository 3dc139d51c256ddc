"""Runs and models: descriptions, states, ``.keras`` files, published checkpoints."""

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fuzz.readers import small_export
from fuzz.readers.reader import Reader
from train import bundle, comparison, config, runs
from train.resuming import resumed_config
from train.tagger import thresholds

_SETS = (
    *("model.name=pons-logmel", "model.filters=1"),
    *("model.backend_filters=8", "model.dense_units=8"),
    *("input.window_seconds=1", "training.epochs=1", "training.batch_size=6"),
)
_PUBLISHED = "MTT_vgg"


@cache
def _run() -> Path:
    """Train for one epoch; the run is made once a process."""
    from train.fit import fit
    from train.tagger.evaluate import evaluate

    place = Path(mkdtemp())
    export = small_export.write(place / "export")
    done = fit(export, config.load(None, _SETS), all_runs=place, name="run", say=_mute)
    evaluate(done.folder, split="test", windows=2)
    return done.folder


def _mute(_line: str) -> None:
    """Say nothing."""


def _run_files(folder: Path) -> Sequence[Path]:
    return [Path(shutil.copytree(_run(), folder / "run"))]


def _model(folder: Path) -> Sequence[Path]:
    return [Path(shutil.copy(_run() / runs.LAST, folder))]


def _state(folder: Path) -> Sequence[Path]:
    return [Path(shutil.copy(_run() / runs.STATE, folder))]


def _checkpoint(folder: Path) -> Sequence[Path]:
    from train.errors import TrainError
    from train.pretrained import package

    try:
        source = package.folder()
    except TrainError:
        return []
    made = folder / "musicnn"
    (made / _PUBLISHED).mkdir(parents=True)
    shutil.copy(source / "configuration.py", made)
    for name in (".index", ".data-00000-of-00001"):
        shutil.copy(source / _PUBLISHED / name, made / _PUBLISHED)
    return [made]


def _read_run(folder: Path) -> object:
    """Read a run as `runs`, `compare`, `--resume` and `predict` do."""
    from train.packaging.facts import gather

    comparison.summarise_all(folder.parent)
    found = comparison.summarise(folder)
    comparison.per_tag([found, found], "roc_auc")
    thresholds.find(folder / runs.LAST)
    gather(folder, bundle.read(folder / runs.LAST), 1)
    return resumed_config(folder)


def _read_model(path: Path) -> object:
    return bundle.load(path)


@cache
def _trainer() -> Any:
    from train.loop.trainer import make_trainer

    model, described = bundle.load(_run() / runs.LAST)
    return make_trainer(model, described.tags, config.load(None, _SETS), 2)


def _restore(path: Path) -> object:
    from train.loop import state

    return state.restore(path, _trainer())


def _read_checkpoint(folder: Path) -> object:
    from train.pretrained import weights

    return weights.load("vgg-mtt", folder)


def _is_text(name: str) -> bool:
    return name.endswith((".json", ".toml"))


READERS: Sequence[Reader] = (
    Reader("run", _run_files, _read_run, damaged=_is_text, seconds=60.0),
    Reader("model-description", _model, bundle.read),
    Reader("model", _model, _read_model, seconds=60.0),
    Reader("run-state", _state, _restore, seconds=60.0),
    Reader("published-weights", _checkpoint, _read_checkpoint, seconds=120.0),
)
