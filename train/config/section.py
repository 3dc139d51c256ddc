"""What the sections of a configuration have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration: fixed once read, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
