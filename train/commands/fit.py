"""``python -m train fit``: what it is told on the command line."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from lyre import console, settings
from lyre.errors import visible
from train import initial, runs, trained
from train.commands.options import ConfigFile, ExportName, Overrides, choose
from train.config import value_to_toml
from train.errors import TrainError

_Tracks = Annotated[
    Path | None,
    typer.Option("--tracks", help="Take only the track ids of a file, one a line."),
]
_Exclude = Annotated[
    Path | None, typer.Option("--exclude-tracks", help="Leave these track ids out.")
]
_Fraction = Annotated[
    float | None,
    typer.Option(
        callback=console.finite,
        help="Train on this share of the tracks, such as 0.1.",
    ),
]
_Init = Annotated[
    str | None,
    typer.Option(
        help="Start from the weights of a trained model (a run, a .keras file, or a "
        "published one such as musicnn-msd), with its sizes and windows.",
    ),
]
_Resume = Annotated[
    str | None,
    typer.Option(
        help="Go on with a run that was stopped or killed, as if it never was; with "
        "--set training.epochs=N, for longer.",
    ),
]
_Steps = Annotated[
    int | None, typer.Option(min=1, help="End each epoch after so many batches.")
]
_NoShuffle = Annotated[
    bool, typer.Option("--no-shuffle", help="Keep the order of the export.")
]
_NoValidation = Annotated[
    bool, typer.Option("--no-validation", help="Train without the validation split.")
]
_Devices = Annotated[
    str | None,
    typer.Option(help="auto, cpu, cpu:2, gpu:0 or gpu:0,gpu:1."),
]
_Profile = Annotated[
    bool, typer.Option("--profile", help="Profile some steps for TensorBoard.")
]


def fit(
    export: ExportName = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run; default: time and model.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a run of the same name.")
    ] = False,
    tracks: _Tracks = None,
    exclude_tracks: _Exclude = None,
    fraction: _Fraction = None,
    init: _Init = None,
    resume: _Resume = None,
    steps_per_epoch: _Steps = None,
    no_shuffle: _NoShuffle = False,
    no_validation: _NoValidation = False,
    devices: _Devices = None,
    profile: _Profile = False,
) -> None:
    """Train a model and keep the best in a run's folder.

    Example: python -m train fit data/exports/v2 --config run.toml --name first
    """
    known = settings.load()
    sets = [
        *(overrides or ()),
        *_of_tracks(tracks, exclude_tracks, fraction),
        *_of_flags(steps_per_epoch, no_shuffle, no_validation, devices, profile),
    ]
    shown: dict[str, Any] = {"say": _say, "progress": _progress}
    if resume is not None:
        if export or config or name or replace or init:
            raise TrainError(
                "--resume takes export, configuration and name from the run",
                remedy="leave the others out",
            )
        run = runs.find(known.runs, resume)
        # TensorFlow takes seconds to load: only once everything else is right.
        from train import fit as fitting

        done = fitting.resume(run, sets, **shown)
    else:
        if init:
            model = trained.find(known.runs, init)
            sets = [*initial.overrides(str(model)), *sets]
        folder, chosen = choose(known, export, config, sets, _say)
        from train import fit as fitting

        done = fitting.fit(
            folder, chosen, all_runs=known.runs, name=name, replace=replace, **shown
        )
    print(f"the run lies in {done.folder}")
    if done.interrupted:
        raise typer.Exit(console.DONE_WITH_FAILURES)
    print(f"next: python -m train evaluate {done.folder}")


def _say(line: str) -> None:
    print(visible(line), flush=True)


def _progress(
    label: str, total: int | None, note: Callable[[], str]
) -> AbstractContextManager[Callable[[int], None]]:
    return console.progress(label, total, "clip", note, closing=False)


def _of_tracks(
    keep: Path | None, exclude: Path | None, fraction: float | None
) -> list[str]:
    """Return the overrides that options about tracks stand for."""
    values = {
        "keep": keep and str(keep.absolute()),
        "exclude": exclude and str(exclude.absolute()),
        "fraction": fraction,
    }
    return [
        f"tracks.{key}={value_to_toml(value)}"
        for key, value in values.items()
        if value is not None
    ]


def _of_flags(
    steps: int | None,
    no_shuffle: bool,
    no_validation: bool,
    devices: str | None,
    profile: bool,
) -> list[str]:
    """Return the overrides that the short options stand for."""
    asked = {
        f"training.steps_per_epoch={steps}": steps is not None,
        "input.shuffle=false": no_shuffle,
        "validation.enabled=false": no_validation,
        f"training.devices={value_to_toml(devices)}": devices is not None,
        "logging.profile=true": profile,
    }
    return [override for override, wanted in asked.items() if wanted]
