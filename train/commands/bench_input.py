"""``python -m train bench-input``."""

import json
from typing import Annotated

import typer

from lyre import settings
from train.commands.options import (
    MOST,
    AsJson,
    ConfigFile,
    ExportName,
    Overrides,
    choose,
)
from train.tables import table


def bench_input(
    export: ExportName = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
    clips: Annotated[
        int, typer.Option(min=1, max=MOST, help="Windows of a pass.")
    ] = 1000,
    as_json: AsJson = False,
) -> None:
    """Measure the input pipeline against the model's own step.

    Example: python -m train bench-input v2 --set input.windows_per_track=2
    """
    folder, chosen = choose(settings.load(), export, config, overrides or ())
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
