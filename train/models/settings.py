"""What the settings of every architecture have in common."""

from pydantic import BaseModel, ConfigDict, Field


class ModelSettings(BaseModel):
    """Sizes of an architecture; each has its own class with its own name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="The architecture; see `python -m train models`.")
