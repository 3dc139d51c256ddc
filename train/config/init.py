"""``[init]``: the weights to start from."""

from typing import Literal

from pydantic import Field

from train.section import Section


class Init(Section):
    """The weights to start from."""

    model: str = Field(
        "",
        description="Start from the weights of a trained model of the same sizes: a "
        "published one such as musicnn-msd, a run's folder, or a .keras file; empty: "
        "fresh ones. The output layer is always fresh.",
    )
    freeze: bool = Field(
        False,
        description="Train the output layer alone; the others keep their weights.",
    )
    output_bias: Literal["prior", "zero"] = Field(
        "prior",
        description="What the output layer starts from: prior, how frequent each tag "
        "is in training, or zero, every tag at one half.",
    )
