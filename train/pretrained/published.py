"""The published models by name, and what is known of each without its weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audio.features import PRESETS
from dataset.manifest import Features
from train.bundle import Bundle
from train.data.windows import Window
from train.models.musicnn import Musicnn
from train.models.vgg import Vgg
from train.pretrained import package

# 3 s at a hop of 256 and 16 kHz.
_SECONDS = 3.0
_FRAMES = 187
_PRESET = "musicnn"
_ORIGIN = (
    "weights of Pons and Serra (2019) from the PyPI package musicnn, {folder}; ISC "
    "licence, copyright Music Technology Group, Universitat Pompeu Fabra"
)


@dataclass(frozen=True)
class Published:
    """A published model.

    Parameters
    ----------
    folder : str
        Folder of its checkpoint inside the package.
    labels : str
        Name of its list of tags there.
    data : str
        The data set that it learned from.
    settings : Musicnn or Vgg
        Its architecture and sizes.
    """

    folder: str
    labels: str
    data: str
    settings: Musicnn | Vgg


_MSD = "Million Song Dataset"
_MTT = "MagnaTagATune"
PUBLISHED: Final = {
    "musicnn-msd": Published("MSD_musicnn", "MSD_LABELS", _MSD, Musicnn()),
    "musicnn-mtt": Published("MTT_musicnn", "MTT_LABELS", _MTT, Musicnn()),
    # As in its graph, not as in the package's code, whose scores are wrong.
    "vgg-msd": Published("MSD_vgg", "MSD_LABELS", _MSD, Vgg(first_pools="separate")),
    "vgg-mtt": Published("MTT_vgg", "MTT_LABELS", _MTT, Vgg()),
}
NAMES: Final = tuple(PUBLISHED)


def describe(name: str, files: Path | None = None) -> Bundle:
    """Describe a published model; needs its package, not TensorFlow.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    files : Path, optional
        Folder of the package; by default where it is installed.

    Raises
    ------
    TrainError
        The package is not installed.
    """
    chosen = PUBLISHED[name]
    preset = PRESETS[_PRESET]
    return Bundle(
        tags=package.tags(files or package.folder(), chosen.labels),
        features=Features(
            format="logmel",
            preset=_PRESET,
            sample_rate=preset.rate,
            n_fft=preset.n_fft,
            hop=preset.hop,
            n_mels=preset.n_mels,
            fmin=preset.fmin,
            fmax=preset.highest,
            scale=preset.scale,
            top_db=preset.top_db,
            # It learned from unrounded values.
            dtype="float32",
            shape=[None, preset.n_mels],
        ),
        window=Window(
            seconds=_SECONDS,
            shape=[_FRAMES, preset.n_mels],
            short_clips="repeat",
            standardise="none",
        ),
        model=chosen.settings.model_dump(),
        export=chosen.data,
        label_set=name,
        training_set_checksum=None,
        revision=None,
        origin=origin(name),
    )


def origin(name: str) -> str:
    """Tell where the weights of a published model come from, and their licence."""
    return _ORIGIN.format(folder=PUBLISHED[name].folder)
