"""All sections together."""

from pydantic import Field

from train.config.augment import Augment
from train.config.init import Init
from train.config.input import Input
from train.config.logging import Logging
from train.config.loss import Loss
from train.config.optimizer import Optimizer
from train.config.schedule import Schedule
from train.config.tags import Tags
from train.config.tracks import TrackChoice
from train.config.training import Training
from train.config.validation import Validation
from train.models.music_tagging_transformer import MusicTaggingTransformer
from train.models.registry import DEFAULT_NAME, AnyModel, default_sizes
from train.section import Section


def _default_model() -> MusicTaggingTransformer:
    return MusicTaggingTransformer(**default_sizes(DEFAULT_NAME))


class Config(Section):
    """A whole configuration."""

    model: AnyModel = Field(
        default_factory=_default_model, description="The architecture and its sizes."
    )
    init: Init = Field(default_factory=Init, description="The weights to start from.")
    input: Input = Field(default_factory=Input, description="What the model sees.")
    tags: Tags = Field(default_factory=Tags, description="Which tags are learned.")
    tracks: TrackChoice = Field(
        default_factory=TrackChoice, description="Which tracks are learned from."
    )
    augment: Augment = Field(
        default_factory=Augment, description="Random changes of training windows."
    )
    optimizer: Optimizer = Field(
        default_factory=Optimizer,
        description="A Keras optimizer; further keys are passed to it.",
    )
    schedule: Schedule = Field(
        default_factory=Schedule, description="The learning rate over time."
    )
    loss: Loss = Field(default_factory=Loss, description="What is minimised.")
    training: Training = Field(default_factory=Training, description="The loop.")
    validation: Validation = Field(
        default_factory=Validation, description="What follows every epoch."
    )
    logging: Logging = Field(
        default_factory=Logging, description="What TensorBoard shows."
    )
