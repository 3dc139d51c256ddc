"""What the settings of every architecture have in common."""

from pydantic import Field

from train.section import Section


class ModelSettings(Section):
    """Sizes of an architecture; each has its own class with its own name."""

    name: str = Field(description="The architecture; see `python -m train models`.")
    batch_norm_momentum: float = Field(
        0.9,
        ge=0,
        lt=1,
        description="Inertia of the averages of batch normalisation; 0.99, as in 2019 "
        "and in musicnn, trails the weights for hundreds of steps.",
    )
