"""``[augment]``: how training varies what the model sees; all off at first."""

from pydantic import Field

from train.config.input import LONGEST_WINDOW
from train.section import Section


class Augment(Section):
    """Random changes of training windows; validation and prediction see none."""

    gain_db: float = Field(
        0.0,
        ge=0,
        description="Change the level by up to so many decibels, up or down, before "
        "scaling; 0: off.",
    )
    noise: float = Field(
        0.0,
        ge=0,
        description="Deviation of Gaussian noise that is added after scaling; 0: off.",
    )
    time_masks: int = Field(
        0, ge=0, description="SpecAugment: masks along time for each window; 0: off."
    )
    time_mask_seconds: float = Field(
        0.5,
        gt=0,
        le=LONGEST_WINDOW,
        description="Longest mask along time, at most the whole window.",
    )
    frequency_masks: int = Field(
        0,
        ge=0,
        description="SpecAugment: masks along frequency for each window; 0: off.",
    )
    frequency_mask_bands: int = Field(
        12, gt=0, description="Widest mask along frequency, in mel bands."
    )
    mixup: float = Field(
        0.0,
        ge=0,
        description="Mix windows and labels of two tracks, with weights from "
        "Beta(mixup, mixup); 0: off.",
    )
