"""The configuration of a training run: one TOML file, every key documented.

``python -m train config`` prints it with the defaults; ``--set optimizer.name=sgd``
overrides one key. Each section is a module of its own.
"""

from train.config.augment import Augment
from train.config.init import Init
from train.config.input import Input
from train.config.logging import Logging
from train.config.loss import Loss
from train.config.optimizer import Optimizer
from train.config.reading import load
from train.config.schedule import Schedule
from train.config.tags import Tags
from train.config.tracks import TrackChoice
from train.config.training import Training
from train.config.validation import Validation
from train.config.whole import Config
from train.config.writing import to_toml, value_to_toml

__all__ = [
    "Augment",
    "Config",
    "Init",
    "Input",
    "Logging",
    "Loss",
    "Optimizer",
    "Schedule",
    "Tags",
    "TrackChoice",
    "Training",
    "Validation",
    "load",
    "to_toml",
    "value_to_toml",
]
