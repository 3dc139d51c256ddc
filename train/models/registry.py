"""Every architecture by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from train.errors import TrainError
from train.models import pons_logmel, pons_waveform

if TYPE_CHECKING:
    import keras

# The settings of one architecture, told apart by `name`.
AnyModel = Annotated[
    pons_logmel.PonsLogmel | pons_waveform.PonsWaveform, Field(discriminator="name")
]
Format = Literal["logmel", "waveform"]


@dataclass(frozen=True)
class Architecture:
    """An architecture and what it takes.

    Parameters
    ----------
    settings : type
        Class of its settings; an instance with the defaults is its usual size.
    build : callable
        ``build(settings, window, n_tags) -> keras.Model``, whose input is a batch of
        windows and whose output holds a probability per tag; the layer before the
        last is named ``logits``.
    format : str
        What it reads: the features of an export.
    shortest : int
        Fewest steps along the first axis that its layers leave anything of.
    paper : str
        Where it was published.
    """

    settings: Any
    build: Callable[[Any, tuple[int, ...], int], "keras.Model"]
    format: Format
    shortest: int
    paper: str


ARCHITECTURES = {
    "pons-logmel": Architecture(
        pons_logmel.PonsLogmel,
        pons_logmel.build,
        format="logmel",
        shortest=8,
        paper="Pons et al., ISMIR 2018",
    ),
    "pons-waveform": Architecture(
        pons_waveform.PonsWaveform,
        pons_waveform.build,
        format="waveform",
        shortest=19_680,
        paper="Pons et al., ISMIR 2018",
    ),
}


def default_name(export_format: Format) -> str:
    """Return the architecture that fits an export when none is named."""
    return "pons-logmel" if export_format == "logmel" else "pons-waveform"


def build(
    settings: AnyModel, export_format: Format, window: tuple[int, ...], n_tags: int
) -> "keras.Model":
    """Build an architecture with fresh weights.

    Parameters
    ----------
    settings : AnyModel
        Its settings, which name it.
    export_format : str
        Features of the data set.
    window : tuple of int
        Shape of one window, time first.
    n_tags : int
        Number of outputs.

    Raises
    ------
    TrainError
        The architecture does not read these features, or the window is too short.
    """
    architecture = ARCHITECTURES[settings.name]
    if architecture.format != export_format:
        raise TrainError(
            f"{settings.name} reads {architecture.format}, the export holds "
            f"{export_format}",
            remedy=f"choose `model.name = {default_name(export_format)!r}` or export "
            f"with `--format {architecture.format}`",
        )
    if window[0] < architecture.shortest:
        raise TrainError(
            f"a window of {window[0]:,} steps is too short for {settings.name}",
            expected=f"at least {architecture.shortest:,}",
            remedy="raise `input.window_seconds`",
        )
    return architecture.build(settings, window, n_tags)
