"""Every architecture by its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from lyre.counting import counted
from train.errors import TrainError
from train.models import (
    music_tagging_transformer,
    musicnn,
    pons_logmel,
    pons_waveform,
    short_chunk_resnet,
    vgg,
)

if TYPE_CHECKING:
    import keras

# The settings of one architecture, told apart by `name`.
AnyModel = Annotated[
    pons_logmel.PonsLogmel
    | pons_waveform.PonsWaveform
    | musicnn.Musicnn
    | vgg.Vgg
    | short_chunk_resnet.ShortChunkResnet
    | music_tagging_transformer.MusicTaggingTransformer,
    Field(discriminator="name"),
]
# Where neither a configuration nor an export says otherwise.
DEFAULT_NAME = "music-tagging-transformer"
_DEFAULT_SIZES = {"filters": 16, "attention_units": 64, "attention_layers": 2}
Format = Literal["logmel", "waveform"]
Standardise = Literal["window", "track", "none"]


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
    standardise : str
        What gets mean 0 and deviation 1 before it, where the configuration says
        ``auto``; ``none`` if a layer of its own sees to that.
    window : tuple of int
        Its usual window: (frames, mels) or (samples,).
    smallest : tuple of int
        Smallest window that its layers leave anything of, axis by axis.
    paper : str
        Where it was published.
    """

    settings: Any
    build: Callable[[Any, tuple[int, ...], int], "keras.Model"]
    format: Format
    standardise: Standardise
    window: tuple[int, ...]
    smallest: tuple[int, ...]
    paper: str


ARCHITECTURES = {
    "pons-logmel": Architecture(
        pons_logmel.PonsLogmel,
        pons_logmel.build,
        format="logmel",
        standardise="window",
        window=(125, 96),
        smallest=(8, 3),
        paper="Pons et al., ISMIR 2018",
    ),
    "pons-waveform": Architecture(
        pons_waveform.PonsWaveform,
        pons_waveform.build,
        format="waveform",
        standardise="track",
        window=(64_000,),
        smallest=(19_680,),
        paper="Pons et al., ISMIR 2018",
    ),
    "musicnn": Architecture(
        musicnn.Musicnn,
        musicnn.build,
        format="logmel",
        standardise="none",
        window=(187, 96),
        smallest=(1, 3),
        paper="Pons and Serra, ISMIR 2019 (late-breaking)",
    ),
    "vgg": Architecture(
        vgg.Vgg,
        vgg.build,
        format="logmel",
        standardise="none",
        window=(187, 96),
        smallest=(66, 64),
        paper="Choi et al., ISMIR 2016; as in musicnn",
    ),
    "short-chunk-resnet": Architecture(
        short_chunk_resnet.ShortChunkResnet,
        short_chunk_resnet.build,
        format="logmel",
        standardise="none",
        window=(231, 128),
        smallest=(1, 1),
        paper="Won et al., SMC 2020",
    ),
    "music-tagging-transformer": Architecture(
        music_tagging_transformer.MusicTaggingTransformer,
        music_tagging_transformer.build,
        format="logmel",
        standardise="none",
        window=(938, 128),
        smallest=(4, 8),
        paper="Won et al., ISMIR 2021",
    ),
}


def default_name(export_format: Format) -> str:
    """Return the architecture that fits an export when none is named."""
    return DEFAULT_NAME if export_format == "logmel" else "pons-waveform"


def default_sizes(name: str) -> dict[str, Any]:
    """Return the sizes of an architecture that nobody named, where they differ.

    A few hundredths of the published operations, so that a processor can train it; a
    model that is named has the published sizes.
    """
    return dict(_DEFAULT_SIZES) if name == DEFAULT_NAME else {}


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
        The architecture does not read these features, or the window is too small.
    """
    architecture = ARCHITECTURES[settings.name]
    if architecture.format != export_format:
        raise TrainError(
            f"{settings.name} reads {architecture.format}, the export holds "
            f"{export_format}",
            remedy=f"choose `model.name = {default_name(export_format)!r}` or export "
            f"with `--format {architecture.format}`",
        )
    if window[0] < architecture.smallest[0]:
        raise TrainError(
            f"a window of {counted(window[0], 'step')} is too short for "
            f"{settings.name}",
            expected=f"at least {architecture.smallest[0]:,}",
            remedy="raise `input.window_seconds`",
        )
    if window[1:] < architecture.smallest[1:]:
        raise TrainError(
            f"too few for {settings.name}: {counted(window[1], 'mel band')}",
            expected=f"at least {architecture.smallest[1]}",
            remedy="export with more bands, or choose another model",
        )
    return architecture.build(settings, window, n_tags)
