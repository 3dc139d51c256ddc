"""``[training]``: the loop."""

from pydantic import Field

from train.config.section import Section


class Training(Section):
    """The loop."""

    epochs: int = Field(60, gt=0, description="Number of epochs.")
    batch_size: int = Field(32, gt=0, description="Windows per step.")
    seed: int = Field(1, ge=0, description="Seed of weights, order and windows.")
    deterministic: bool = Field(
        True,
        description="Same seed, same weights on one machine; slower on some GPUs.",
    )
