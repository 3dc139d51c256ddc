"""``[loss]``: what is minimised."""

from typing import Annotated

from pydantic import Field

from train.section import Section

_Weight = Annotated[float, Field(gt=0)]


class Loss(Section):
    """Cross entropy per tag."""

    gamma: float = Field(
        0.0, ge=0, description="Focusing parameter of the focal loss; 0: plain."
    )
    positive_weights: dict[str, _Weight] = Field(
        default_factory=dict,
        description='Weight of the positives of a tag, such as {"jazz" = 2.0}.',
    )
