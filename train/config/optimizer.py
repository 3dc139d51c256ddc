"""``[optimizer]``: any optimizer of Keras."""

from pydantic import BaseModel, ConfigDict, Field


class Optimizer(BaseModel):
    """Any optimizer of Keras by its name; further keys are its own arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field("adam", description="Name of a Keras optimizer.")
    learning_rate: float = Field(0.001, gt=0, description="Its learning rate.")
