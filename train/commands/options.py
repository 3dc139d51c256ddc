"""What several subcommands are told in the same words."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from dataset import exports, manifest
from lyre.settings import Settings
from train import config as configuration
from train.config import Config
from train.models.registry import default_name

ExportName = Annotated[
    str | None,
    typer.Argument(help="Name or folder of an export; default: the newest."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        help="A TOML file; `python -m train config` prints one. Or a JSON of 2019."
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key, such as optimizer.name=sgd."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

# Windows, batches or replicates: more than anybody waits for, fewer than NumPy refuses.
MOST = 10_000_000

# Of a trained model; some commands need one, and others may be told otherwise.
MODEL = typer.Argument(
    help="A run's name or folder, a .keras file, or a published model such as "
    "musicnn-msd."
)


def choose(
    known: Settings,
    export: str | None,
    config: Path | None,
    sets: Sequence[str],
    say: Callable[[str], None] | None = None,
) -> tuple[Path, Config]:
    """Return the export and the configuration that options name.

    Where no model is named, it is the one that suits the features of the export.

    Raises
    ------
    dataset.errors.DatasetError
        There is no such export.
    TrainError
        The configuration is not valid.
    """
    folder = exports.find(known.exports, export)
    name = default_name(manifest.read(folder).features.format)
    return folder, configuration.load(config, sets, model_name=name, say=say)
