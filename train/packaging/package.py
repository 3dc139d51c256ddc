"""Packaging: write a model in a format, check it, measure it, describe it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import audio
from lyre.whole import whole_folder
from train import runs
from train.errors import TrainError
from train.packaging import card, checking, running, writing
from train.packaging.checking import Agreement, Latency
from train.packaging.facts import Facts, gather
from train.packaging.target import MODEL_FILES, Target
from train.tagger.tagger import Tagger

DESCRIPTION, CARD = "model.json", "README.md"
# Of the folder's format, so that readers can refuse what they do not know.
_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Packaged:
    """A package.

    Parameters
    ----------
    folder : Path
        Where it lies: the model, ``model.json`` and ``README.md``.
    target : Target
        Its format.
    bytes : int
        Size of the model.
    agreement : Agreement
        How it agrees with the model that it came from.
    latency : Latency
        How long it takes.
    """

    folder: Path
    target: Target
    bytes: int
    agreement: Agreement
    latency: Latency

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON holds."""
        return {
            "folder": str(self.folder),
            "format": self.target.value,
            "bytes": self.bytes,
            "largest_difference": {
                "tags": self.agreement.tags,
                "taggram": self.agreement.taggram,
            },
            "milliseconds": {
                "window": round(self.latency.window, 1),
                "30 s": round(self.latency.piece, 1),
                "window, not packaged": round(self.latency.tagger_window, 1),
                "30 s, not packaged": round(self.latency.tagger_piece, 1),
            },
        }


def package(
    source: Path,
    targets: list[Target],
    out: Path,
    *,
    clip: Path | None = None,
    replace: bool = False,
    say: Callable[[str], None] = print,
) -> list[Packaged]:
    """Package a trained model, its features inside.

    ``<out>/<name>/<format>/`` holds the model, ``model.json`` (tags, features, window,
    thresholds) and a model card, ``README.md``. It appears once it was checked.

    Parameters
    ----------
    source : Path
        Name of a published model, folder of a run, whose best model is taken, or a
        ``.keras`` file.
    targets : list of Target
        The formats.
    out : Path
        Folder of all packages.
    clip : Path, optional
        Audio to compare scores on; by default a test signal.
    replace : bool
        Replace an earlier package.
    say : callable
        Told what is being done.

    Raises
    ------
    TrainError
        There is no such model, the package exists, a format's part is not installed,
        or the package's scores are not the model's.
    audio.AudioError
        The clip cannot be decoded.
    """
    if Target.onnx in targets:
        writing.onnx_module()
    tagger = Tagger.load(source)
    facts = gather(source, tagger.bundle, tagger.model.count_params())
    rate = tagger.bundle.features.sample_rate
    samples = None if clip is None else audio.load(clip, rate)
    folders = {target: out / facts.name / target.value for target in targets}
    for folder in folders.values():
        if folder.exists() and not (replace and (folder / DESCRIPTION).is_file()):
            raise TrainError(
                "there is such a package already"
                if (folder / DESCRIPTION).is_file()
                else "a folder that is no package",
                where=folder,
                remedy="replace a package with --replace, or choose another --out",
            )
    done = []
    for target, folder in folders.items():
        say(f"writing {target.value}")
        done.append(_package(tagger, facts, target, folder, samples))
    return done


def _package(
    tagger: Tagger,
    facts: Facts,
    target: Target,
    folder: Path,
    clip: checking.Samples | None,
) -> Packaged:
    """Make one package beside its place, and move it there once it is right."""
    with whole_folder(folder) as beside:
        model = beside / MODEL_FILES[target]
        writing.write(target, tagger.model, tagger.bundle, model)
        run = running.load(target, model)
        made = Packaged(
            folder,
            target,
            _size(model),
            checking.compare(run, tagger, clip),
            checking.measure(run, tagger),
        )
        told = card.write(facts, target, made.bytes, made.agreement, made.latency)
        (beside / CARD).write_text(told, encoding="utf-8")
        runs.write_json(beside / DESCRIPTION, _description(facts, made))
    return made


def _description(facts: Facts, made: Packaged) -> dict[str, Any]:
    bundle = facts.bundle
    described = made.to_dict()
    del described["folder"]
    return {
        "schema_version": _SCHEMA_VERSION,
        "name": facts.name,
        "tags": bundle.tags,
        "thresholds": facts.thresholds,
        "input": {
            "name": "waveform",
            "shape": [1, None],
            "dtype": "float32",
            "sample_rate": bundle.features.sample_rate,
            "channels": bundle.features.mono,
        },
        "outputs": {
            "tags": [1, len(bundle.tags)],
            "taggram": [1, None, len(bundle.tags)],
        },
        "window_seconds": bundle.window.seconds,
        "model": bundle.model,
        "features": bundle.features.model_dump(),
        "origin": bundle.origin,
        "package": described,
    }


def _size(model: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if model.is_file():
        return model.stat().st_size
    return sum(
        (Path(folder) / name).stat().st_size
        for folder, _, names in os.walk(model)
        for name in names
    )
