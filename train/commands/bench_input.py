"""``python -m train bench-input``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dataset import exports, manifest
from lyre import settings
from train import config as configuration
from train.models.registry import default_name
from train.tables import table


def bench_input(
    export: Annotated[
        str | None,
        typer.Argument(help="Name or folder of an export; default: the newest."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="Override one key.")
    ] = None,
    clips: Annotated[int, typer.Option(min=1, help="Windows of a pass.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure the input pipeline against the model's own step.

    Example: python -m train bench-input v2 --set input.windows_per_track=2
    """
    known = settings.load()
    folder = exports.find(known.exports, export)
    features = manifest.read(folder).features
    chosen = configuration.load(
        config, overrides or (), model_name=default_name(features.format)
    )
    from train import bench
    from train.data.splits import open_data

    found = bench.bench(open_data(folder, chosen), clips=clips)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2))
        return
    whole = sum(stage.milliseconds for stage in found.stages)
    rows = [
        (
            stage.name,
            f"{stage.milliseconds:.3f}",
            f"{100 * stage.milliseconds / max(whole, 1e-9):.0f} %",
        )
        for stage in found.stages
    ]
    print(table(("input", "ms of processor a clip", "share"), rows))
    print(
        f"\ninput alone {found.input_clips_per_second:,.0f} clips/s, "
        f"{chosen.model.name} {found.step_clips_per_second:,.1f} clips/s in steps of "
        f"{found.batch_size}: the input is {found.ratio:,.1f} times as fast"
    )
