"""What ``marts.builds`` says of the tables that are exported.

dbt adds a row to it for each model that it makes, in the transaction that makes it
(``warehouse/macros/builds.sql``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from export.errors import ExportError

_HAS_BUILDS = (
    "select count(*) from information_schema.tables"
    " where table_schema = 'marts' and table_name = 'builds'"
)
# The last build of some models and of all that they are made of.
_ON_THE_WAY = """
    with recursive latest as (
        from marts.builds
        qualify row_number() over (partition by model order by built_at desc) = 1
    ),
    way (model) as (
        select unnest($models)
        union
        select unnest(latest.parents) from way inner join latest using (model)
    )
    select way.model, latest.built_at, latest.parents, latest.vars
    from way left join latest using (model)
    order by way.model
"""

Vars = dict[str, Any]


@dataclass(frozen=True)
class Build:
    """The last time that dbt made a model."""

    built_at: datetime
    parents: list[str]
    dbt_vars: Vars


class Builds:
    """The last builds of some models, and of the models that they are made of."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, models: Sequence[str]
    ) -> None:
        self._found: dict[str, Build | None] = {}
        # A warehouse of an earlier Lyre has no such table.
        if connection.execute(_HAS_BUILDS).fetchone() == (0,):
            return
        rows = connection.execute(_ON_THE_WAY, {"models": list(models)}).fetchall()
        for model, built_at, parents, dbt_vars in rows:
            known = built_at is not None
            self._found[model] = (
                Build(built_at, parents, json.loads(dbt_vars)) if known else None
            )

    def check(self) -> None:
        """Refuse what a `dbt run` that failed or was stopped left behind.

        Raises
        ------
        ExportError
            A model is older than one that it is made of.
        """
        for model, build in self._found.items():
            for parent in build.parents if build else ():
                made = self._found[parent]
                if build and made and made.built_at > build.built_at:
                    raise ExportError(
                        f"it is of an earlier build than {parent}, of which it is made",
                        where=model,
                        remedy="run `dbt run` to its end",
                    )

    def dbt_vars(self, model: str) -> Vars | None:
        """Return the vars that a model was made with; None where that is not known."""
        build = self._found.get(model)
        return build.dbt_vars if build else None

    def other_dbt_vars(self, model: str) -> dict[str, Vars | None]:
        """Return which vars of the others differ from those of a model, by model."""
        ours = self.dbt_vars(model)
        if ours is None:
            return {}
        differing = {
            other: _differing(build.dbt_vars, ours) if build else None
            for other, build in self._found.items()
        }
        return {other: found for other, found in differing.items() if found != {}}


def _differing(theirs: Vars, ours: Vars) -> Vars:
    return {
        name: value
        for name, value in theirs.items()
        if name not in ours or ours[name] != value
    }
