"""``python -m train range-test``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lyre import console, settings
from lyre.counting import counted
from train import picture
from train.commands.options import (
    MOST,
    AsJson,
    ConfigFile,
    ExportName,
    Overrides,
    choose,
)


def range_test(
    export: ExportName = None,
    config: ConfigFile = None,
    overrides: Overrides = None,
    lowest: Annotated[
        float, typer.Option("--from", callback=console.finite, help="First rate.")
    ] = 1e-6,
    highest: Annotated[
        float, typer.Option("--to", callback=console.finite, help="Last rate.")
    ] = 1.0,
    steps: Annotated[int, typer.Option(min=10, max=MOST, help="Batches in all.")] = 100,
    out: Annotated[Path, typer.Option(help="The picture.")] = Path("range-test.png"),
    as_json: AsJson = False,
) -> None:
    """Try learning rates, each on one batch, and suggest one.

    Example: python -m train range-test v2 --config run.toml --out rates.png
    """
    picture.check(out)
    sets = [*(overrides or ()), "schedule.name=constant"]
    folder, chosen = choose(settings.load(), export, config, sets)
    from train import fit
    from train import range_test as testing

    found = fit.try_rates(folder, chosen, lowest=lowest, highest=highest, steps=steps)
    testing.draw(found, out)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2))
        return
    rate = f"{found.suggestion:.2g}"
    print(
        f"{counted(len(found.rates), 'batch')}, up to a rate of "
        f"{found.rates[-1]:.2g}; the loss falls fastest at {rate} (see {out})"
    )
    print(f"next: python -m train fit --set optimizer.learning_rate={rate}")
