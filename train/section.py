"""What the tables of a configuration have in common, those of models too."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

# What NumPy takes as a seed, and more than any number of anything here, as of epochs.
LARGEST = 2**32 - 1


class Section(BaseModel):
    """A table of the configuration: fixed once read, no unknown keys.

    Numbers are finite, and whole numbers such as NumPy and TensorFlow hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _holds(cls, value: Any) -> Any:
        if isinstance(value, int) and value > LARGEST:
            raise PydanticCustomError(
                "too_large", "Input should be at most {most}", {"most": LARGEST}
            )
        return value
