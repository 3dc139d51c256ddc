"""``[validation]``: what follows every epoch."""

from typing import Literal

from pydantic import Field

from train.section import Section


class Validation(Section):
    """What follows every epoch."""

    enabled: bool = Field(
        True, description="Score the validation split; off: keep only the last model."
    )
    label_set: str = Field(
        "",
        description="Label set of validation and test; empty: that of training.",
    )
    windows: int = Field(
        4, gt=0, description="Evenly spaced windows per track, averaged."
    )
    monitor: Literal["roc_auc", "pr_auc", "loss"] = Field(
        "roc_auc",
        description="Decides the best model: macro roc_auc or pr_auc (the higher the "
        "better), or loss (the lower).",
    )
    min_delta: float = Field(
        0.0, ge=0, description="Least gain that patience counts as one."
    )
    patience: int = Field(
        0, ge=0, description="Epochs without gain after which training ends; 0: never."
    )
