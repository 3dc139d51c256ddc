"""``python -m train package``."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from lyre import settings
from train import trained
from train.commands.options import MODEL, AsJson
from train.errors import TrainError
from train.packaging.target import Target
from train.tables import table


def package(
    run: Annotated[str | None, MODEL] = None,
    to: Annotated[
        list[Target] | None,
        typer.Option("--to", help="The format; can be repeated."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The model, instead of RUN.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of packages; default: packages/ in the data folder."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(help="Compare scores on this audio file, not on a test signal."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an earlier package.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a model of samples in, tags out, for programs that know nothing of Lyre.

    Features, windows and their mean are part of it, so that it gives the scores of
    `predict` for audio of any length; that is checked before the package appears. Tag
    names and a model card lie beside it.

    Example: python -m train package first --to onnx --to tflite
    """
    if (run is None) == (model is None):
        raise TrainError("no model is named, or two are", expected="RUN or --model")
    if not to:
        names = ", ".join(target.value for target in Target)
        raise TrainError("no format is named", where="--to", expected=f"one of {names}")
    known = settings.load()
    source = trained.find(known.runs, str(run or model))
    # TensorFlow takes seconds to load: only once everything else is right.
    from train.packaging.package import package as make

    done = make(
        source,
        list(dict.fromkeys(to)),
        out or known.data_dir / "packages",
        clip=check,
        replace=replace,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    if as_json:
        print(json.dumps([each.to_dict() for each in done], indent=2))
        return
    rows = [
        (
            each.target.value,
            f"{each.bytes / 1e6:.1f}",
            f"{each.agreement.tags:.1e}",
            f"{each.latency.window:.0f}",
            f"{each.latency.piece:.0f}",
        )
        for each in done
    ]
    unpackaged = done[0].latency
    rows.append(
        (
            "not packaged",
            "-",
            "-",
            f"{unpackaged.tagger_window:.0f}",
            f"{unpackaged.tagger_piece:.0f}",
        )
    )
    print(table(("format", "MB", "scores differ by", "ms a window", "ms 30 s"), rows))
    for each in done:
        print(f"{each.folder}")
