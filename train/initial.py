"""The model that training starts from: fresh weights, or those of a trained one."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dataset.manifest import Features
from train import trained
from train.bundle import Bundle
from train.config import Config, value_to_toml
from train.data.windows import Window
from train.errors import TrainError
from train.models import registry

if TYPE_CHECKING:
    import keras

# The layer that belongs to the tags; see `parts.tag_outputs`.
_OUTPUT = "logits"


def overrides(source: str) -> list[str]:
    """Return the settings that starting from a trained model brings with it.

    Parameters
    ----------
    source : str
        As `trained.load` takes it.

    Returns
    -------
    list of str
        For `train.config.load`: sizes of the model, length and scaling of windows.
    """
    known = trained.describe(source)
    values = {
        "init.model": source,
        **{f"model.{key}": value for key, value in known.model.items()},
        "input.window_seconds": known.window.seconds,
        "input.standardise": known.window.standardise,
    }
    return [f"{key}={value_to_toml(value)}" for key, value in values.items()]


def model(
    config: Config, features: Features, window: Window, n_tags: int
) -> "keras.Model":
    """Build the model of a configuration, with the weights to start from.

    Parameters
    ----------
    config : Config
        Its architecture, and the model to start from, if any.
    features : Features
        Those of the export.
    window : Window
        What the model sees.
    n_tags : int
        Number of outputs.

    Raises
    ------
    TrainError
        The model does not fit the export, or the weights do not fit the model, or
        were learned from other features.
    """
    fresh = registry.build(config.model, features.format, tuple(window.shape), n_tags)
    if config.init.model:
        _check(config, trained.describe(config.init.model), features, window)
        source, _ = trained.load(config.init.model)
        _take_over(fresh, source, config.init.model)
    if config.init.freeze:
        _freeze(fresh, config)
    return fresh


def start_at_prior(
    model: "keras.Model", labels: npt.NDArray[np.uint8], config: Config
) -> None:
    """Let an untrained model say how frequent each tag is, if `config` wants that.

    From zero, the first hundreds of steps teach it little else [1]_. The bias of a tag
    is the logarithm of its odds, with one track more that has it and one that lacks it,
    so that a tag of all or of no tracks stays finite.

    Parameters
    ----------
    model : keras.Model
        As `model` builds it.
    labels : ndarray of uint8, shape (tracks, tags)
        Those to be learned from.
    config : Config
        Its ``init.output_bias``.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar: Focal loss for dense
       object detection. ICCV 2017, section 3.3.
    """
    if config.init.output_bias == "prior":
        positives = labels.sum(axis=0, dtype=np.int64)
        odds = (positives + 1) / (len(labels) - positives + 1)
        model.get_layer(_OUTPUT).bias.assign(np.log(odds).astype(np.float32))


def _check(config: Config, known: Bundle, features: Features, window: Window) -> None:
    where = config.init.model
    if known.model["name"] != config.model.name:
        raise TrainError(
            f"it is a {known.model['name']}, the configuration asks for a "
            f"{config.model.name}",
            where=where,
            remedy="start with `fit --init`, which takes over its sizes",
        )
    theirs, ours = known.features.log_mel_settings(), features.log_mel_settings()
    if theirs != ours:
        differing = [key for key in theirs if theirs[key] != ours[key]]
        raise TrainError(
            "it learned from other features than the export's: "
            + ", ".join(f"{key} {theirs[key]}, not {ours[key]}" for key in differing),
            where=where,
            remedy=f"export with `--preset {known.features.preset}`"
            if known.features.preset
            else "export with its settings",
        )
    if known.window.standardise != window.standardise:
        raise TrainError(
            f"its windows are standardised by {known.window.standardise!r}, not "
            f"{window.standardise!r}",
            where=where,
            remedy=f"set input.standardise={known.window.standardise}",
        )


def _take_over(fresh: "keras.Model", source: "keras.Model", where: str) -> None:
    """Copy every layer's weights but the output's; the order of layers is the same."""
    for layer, known in zip(fresh.layers, source.layers, strict=True):
        if layer.name == _OUTPUT:
            continue
        wanted = [tuple(weight.shape) for weight in layer.weights]
        found = [tuple(weight.shape) for weight in known.weights]
        if wanted != found:
            raise TrainError(
                f"layer {layer.name} has weights of shape {wanted}, there {found}",
                where=where,
                remedy="set the sizes and the window as there",
            )
        layer.set_weights(known.get_weights())


def _freeze(fresh: "keras.Model", config: Config) -> None:
    if not config.init.model:
        raise TrainError(
            "frozen weights that nothing was learned with",
            where="init.freeze",
            remedy="name the model to start from, in init.model",
        )
    for layer in fresh.layers:
        if layer.name != _OUTPUT:
            # Its batch normalisations then keep their averages, too.
            layer.trainable = False
