"""``python -m train``: fit, evaluate, predict, package, serve, models, config.

Without a subcommand it fits on the newest export with the default configuration.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lyre import console
from train import config as configuration
from train.commands import (
    bench_input,
    evaluate,
    fit,
    package,
    predict,
    range_test,
    runs,
    serve,
)
from train.commands.options import AsJson, Overrides
from train.tables import table

app = console.command_line(
    "Train a music tagger on an export, measure it, and tag files with it.\n\n"
    "Without a command: fit on the newest export with the default configuration.\n\n"
    "Example: python -m train fit --set training.epochs=5 --name first"
)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Fit with the defaults where no command is given."""
    if context.invoked_subcommand is None:
        fit.fit()


app.command()(fit.fit)
app.command()(evaluate.evaluate)
app.command()(predict.predict)
app.command()(package.package)
app.command()(serve.serve)
app.command()(bench_input.bench_input)
app.command()(range_test.range_test)
app.command("runs")(runs.list_runs)
app.command()(runs.compare)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the architectures, each at its usual size on its usual input.

    Example: python -m train models
    """
    from train.models import overview

    entries = overview.describe_all()
    if as_json:
        print(_json([entry.to_dict() for entry in entries]))
        return
    rows = [
        (
            entry.name,
            entry.reads,
            f"{entry.parameters:,}",
            f"{entry.flops / 1e9:.2f} G",
            entry.paper,
        )
        for entry in entries
    ]
    headings = ("model", "reads", "parameters", "FLOPs a window", "paper")
    print(table(headings, rows))


@app.command()
def config(
    overrides: Overrides = None,
    config: Annotated[
        Path | None, typer.Option(help="Begin with this TOML file, or JSON of 2019.")
    ] = None,
) -> None:
    """Print the configuration, every key with its meaning.

    Example: python -m train config > run.toml
    """
    chosen = configuration.load(
        config, overrides or (), say=lambda line: print(line, file=sys.stderr)
    )
    print(configuration.to_toml(chosen), end="")


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    console.run(app, "python -m train")
