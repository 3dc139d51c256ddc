"""``[schedule]``: how the learning rate changes in the course of training."""

from typing import Literal

from pydantic import Field

from train.section import LARGEST, Section


class Schedule(Section):
    """The learning rate over time; ``optimizer.learning_rate`` is its highest."""

    name: Literal["constant", "cosine", "step", "plateau", "cyclical", "one-cycle"] = (
        Field(
            "one-cycle",
            description="constant, cosine (down to the floor at the last step), step "
            "(times factor every every_epochs), plateau (times factor after patience "
            "epochs without gain in validation.monitor), cyclical (straight up from "
            "the floor and down again), one-cycle (up for the share `rise` of all "
            "steps, then down to the floor, both as cosines).",
        )
    )
    floor: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Lowest rate of cosine, plateau and cyclical and last of "
        "one-cycle, as a share of optimizer.learning_rate.",
    )
    warmup_epochs: float = Field(
        0.0,
        ge=0,
        le=LARGEST,
        description="Epochs in which cosine first rises from 0 in a line.",
    )
    factor: float = Field(
        0.1, gt=0, lt=1, description="What step and plateau multiply the rate with."
    )
    every_epochs: float = Field(
        20.0, gt=0, le=LARGEST, description="Epochs between two steps."
    )
    patience: int = Field(
        5, gt=0, description="Epochs without gain that plateau waits for."
    )
    cycle_epochs: float = Field(
        2.0,
        gt=0,
        le=LARGEST,
        description="Length of a cycle of cyclical, up and down.",
    )
    start: float = Field(
        0.04,
        ge=0,
        le=1,
        description="First rate of one-cycle, as a share of optimizer.learning_rate.",
    )
    rise: float = Field(
        0.3, gt=0, lt=1, description="Share of one-cycle's steps on the way up."
    )
