"""Recipes, the rows that they list, and what tells two readings apart."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import Field

from dataset import manifest
from dataset.manifest import FunnelRow, Split, Tag
from export.errors import ExportError

_RECIPE = re.compile(r"training_set\.(?P<version>v\d+)")


@dataclass(frozen=True)
class Recipe:
    """A version of the final table and the tables that belong to it."""

    version: str

    @classmethod
    def parse(cls, text: str) -> "Recipe":
        """Read ``training_set.v2``.

        Raises
        ------
        ExportError
            The text names no recipe.
        """
        found = _RECIPE.fullmatch(text)
        if found is None:
            raise ExportError(
                "no such recipe", where=text, expected="a name like training_set.v2"
            )
        return cls(found["version"])

    @property
    def name(self) -> str:
        """Return name and version, as the manifest holds them."""
        return f"training_set.{self.version}"

    @property
    def table(self) -> str:
        """Return the final table."""
        return f"marts.training_set_{self.version}"

    @property
    def vocabulary(self) -> str:
        """Return the table of its tags."""
        return f"marts.training_vocabulary_{self.version}"

    @property
    def track_labels(self) -> str:
        """Return the table of the clean tags of every track, repaired or not."""
        return f"marts.track_labels_{self.version}"

    @property
    def tag_numbers(self) -> str:
        """Return the table of the numbers of its clean tags."""
        return f"marts.tag_numbers_{self.version}"

    @property
    def funnel(self) -> str:
        """Return the table of what its cleaning took out."""
        return f"marts.cleaning_funnel_{self.version}"


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the final table, but for its labels."""

    source: str
    track_id: str
    artist_key: str
    artist_name: str | None
    title: str | None
    year: int | None
    decade: str | None
    path: str
    decoded_seconds: float | None
    split: Split


@dataclass(frozen=True, slots=True)
class Row(Track):
    """A row of the final table; the fields are its columns, in its order."""

    labels: list[str]


@dataclass(frozen=True, slots=True)
class ScannedRow(Row):
    """A row, and which clip it was judged by: the SHA-256 of its bytes, if known."""

    content_sha256: str | None


class Contents(manifest.Part):
    """What was read: enough to tell two readings apart, and to label by."""

    recipe: str = Field(description="Recipe and version.")
    table: str = Field(description="The final table.")
    where: str | None = Field(description="The condition that narrowed it.")
    query: str | None = Field(None, description="The query that narrowed it.")
    lineage: dict[str, list[str]] | None = Field(
        None, description="The raw columns of what narrowed it."
    )
    dbt_vars: dict[str, Any] | None = Field(None, description="Its dbt vars, if known.")
    other_dbt_vars: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict, description="Models made with other vars, and these."
    )
    training_set_checksum: manifest.Sha256 = Field(description="Checksum of its rows.")
    vocabulary: list[Tag] = Field(description="Its tags, in order.")
    funnel: list[FunnelRow] = Field(description="Its cleaning.")

    def positions(self, row: Row) -> list[int]:
        """Return the places of a row's labels in the vocabulary, ascending.

        Raises
        ------
        ExportError
            A label is not in the vocabulary.
        """
        unknown = [label for label in row.labels if label not in self._places]
        if unknown:
            raise ExportError(
                f"label {unknown[0]!r} is not in the vocabulary",
                where=f"track {row.track_id}",
                remedy="run `dbt build`, so that both tables are of one run",
            )
        return sorted({self._places[label] for label in row.labels})

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.tag: entry.position for entry in self.vocabulary}


@dataclass(frozen=True)
class Extent:
    """How much a split holds."""

    tracks: int
    seconds: float
