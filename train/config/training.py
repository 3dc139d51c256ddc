"""``[training]``: the loop."""

from typing import Literal

from pydantic import Field

from train.section import Section


class Training(Section):
    """The loop."""

    epochs: int = Field(60, gt=0, description="Number of epochs.")
    batch_size: int = Field(16, gt=0, description="Windows per step, of all devices.")
    steps_per_epoch: int = Field(
        0,
        ge=0,
        description="Batches after which an epoch ends early; 0: all its data. Each "
        "epoch has an order of its own, so others come in the next.",
    )
    seed: int = Field(1, ge=0, description="Seed of weights, order and windows.")
    deterministic: bool = Field(
        True,
        description="Same seed, same weights on one machine; slower on some GPUs.",
    )
    loop: Literal["auto", "keras", "custom"] = Field(
        "auto",
        description="keras: its fit, but for data of unknown length; custom: our own "
        "steps with a gradient tape; both learn the same. auto: keras on one device, "
        "custom on several.",
    )
    devices: str = Field(
        "auto",
        description="auto: every GPU there is, and the workers that TF_CONFIG names; "
        "cpu; cpu:2 (parts of the CPU, to try things out); gpu:0 or gpu:0,gpu:1.",
    )
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = Field(
        "float32",
        description="What layers compute in; weights, outputs and loss are float32.",
    )
    xla: bool = Field(
        False, description="Compile with XLA on a GPU; never on a CPU, which it slows."
    )
    checkpoint_minutes: float = Field(
        10.0,
        ge=0,
        description="Within an epoch, keep what --resume needs so often; it is always "
        "kept after an epoch. 0: after every step.",
    )
