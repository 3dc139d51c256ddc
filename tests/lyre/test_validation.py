from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lyre.validation import first_problem, nearest


class _Round(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["round"] = "round"
    radius: float = Field(1.0, gt=0)


class _Square(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["square"] = "square"
    side: float = 1.0


class _Drawing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = ""
    shape: Annotated[_Round | _Square, Field(discriminator="kind")] = _Round()


@pytest.mark.parametrize(
    ("values", "place", "what"),
    [
        ({"titel": ""}, "titel", "no such key; the nearest valid one is 'title'"),
        (
            {"shape": {"kind": "square", "sides": 2}},
            "shape.sides",
            "no such key; the nearest valid one is 'side'",
        ),
        (
            {"shape": {"kind": "round", "radius": -1}},
            "shape.radius",
            "Input should be greater than 0, not -1",
        ),
        (
            {"shape": {"kind": "cube"}},
            "shape.kind",
            "Input should be 'round', 'square', not 'cube'",
        ),
    ],
)
def test_problem_names_key_and_nearest(values: dict, place: str, what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Drawing.model_validate(values)
    assert first_problem(caught.value, _Drawing) == (place, what)


def test_nearest_of_nothing_says_nothing() -> None:
    assert nearest("a", []) == ""
