"""Reading the final table: which recipe, narrowed how, in which order.

Rows are streamed; nothing here grows with the number of tracks. All columns of the
final table go into its checksum, so that two exports with equal checksums saw the
same tracks, splits and labels.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb

from dataset.manifest import SPLITS, FunnelRow, Split, Tag
from export.builds import Builds
from export.errors import ExportError
from export.narrowing import (
    Narrowing,
    keys,
    lineage,
    normalize_condition,
    normalize_query,
)
from export.recipe import Contents, Extent, Recipe, Row, ScannedRow
from lyre.counting import counted
from lyre.errors import said
from warehouse.database import open_to_read
from warehouse.query import LOCKED

_BATCH_ROWS = 10_000
_COLUMNS = ", ".join(field.name for field in fields(Row))
# The clips as the build of the final table knew them.
_SCANNED = "marts.tracks"
_BY_SHARD = f"""
    select chosen.*, scanned.content_sha256
    from chosen left join {_SCANNED} as scanned using (source, track_id)
    order by chosen.split, md5(source || '/' || track_id)
"""  # noqa: S608
_BY_KEY = "from chosen order by source, track_id"


class Selection:
    """A recipe, perhaps narrowed, on an open warehouse."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        warehouse: Path,
        recipe: Recipe,
        narrowing: Narrowing,
    ) -> None:
        self.recipe = recipe
        self._connection = connection
        self._warehouse = warehouse
        self._narrowing = narrowing
        where, query = narrowing.where, narrowing.query
        self.where = None if where is None else normalize_condition(where)
        self.query = None if query is None else normalize_query(query)
        self._check_tables()
        self._builds = Builds(connection, self._tables)
        # The user's own text runs; the normalised one is for the manifest.
        conditions = [] if where is None else [self._true_of(where)]
        if query is not None:
            conditions.append(self._selected(query))
        narrowed = f" where {' and '.join(conditions)}" if conditions else ""
        for view, source in (
            ("chosen", f"(select {_COLUMNS} from {recipe.table}{narrowed})"),  # noqa: S608
            ("chosen_vocabulary", recipe.vocabulary),
            ("chosen_funnel", recipe.funnel),
        ):
            self._execute(f"create or replace temp view {view} as from {source}")

    def check(self, *, every_split: bool = True) -> None:
        """Check what the export relies on.

        Parameters
        ----------
        every_split : bool
            Whether each split must have a track; else one split is enough.

        Raises
        ------
        ExportError
            A key column holds NULL, a track occurs twice, a split is unknown or
            empty, the condition cannot be used, or dbt did not come to its end.
        """
        self._builds.check()
        ((n_rows, n_keys, n_nulls),) = self._all(
            "select count(*), count(distinct (source, track_id)), count_if("
            "  source is null or track_id is null or artist_key is null"
            "  or path is null or split is null or labels is null"
            ") from chosen"
        )
        if n_nulls:
            raise ExportError(
                f"NULL in {counted(n_nulls, 'row')}",
                where=self.recipe.table,
                expected="a value in each of source, track_id, artist_key, path, split"
                " and labels",
            )
        if n_keys != n_rows:
            raise ExportError(
                f"tracks are repeated in {counted(n_rows - n_keys, 'row')}",
                where=self.recipe.table,
            )
        found = self._all("select distinct split from chosen order by split")
        unknown = [split for (split,) in found if split not in SPLITS]
        if unknown:
            raise ExportError(
                f"unknown split {unknown[0]!r}",
                where=self.recipe.table,
                expected=f"one of {', '.join(SPLITS)}",
            )
        told = self._narrowing.told()
        if every_split:
            check_splits({split: 1 for (split,) in found}, self.recipe.table, told)
        elif not found:
            raise ExportError(
                "no track",
                where=_place(self.recipe.table, told),
                remedy=f"{self.recipe.funnel} counts what each rule took",
            )

    def extents(self) -> dict[Split, Extent]:
        """Return how many tracks and seconds each split holds."""
        found = self._all(
            "select split, count(*), sum(coalesce(decoded_seconds, 0))"
            " from chosen group by split"
        )
        return {split: Extent(tracks, seconds) for split, tracks, seconds in found}

    def contents(self) -> Contents:
        """Describe the selection; reads all of it once, for the checksum."""
        return Contents(
            recipe=self.recipe.name,
            table=self.recipe.table,
            where=self.where,
            query=self.query,
            lineage=lineage(self._warehouse, self.recipe, self._narrowing),
            dbt_vars=self._builds.dbt_vars(self.recipe.table),
            other_dbt_vars=self._builds.other_dbt_vars(self.recipe.table),
            training_set_checksum=self.checksum(),
            vocabulary=self.vocabulary(),
            funnel=self.funnel(),
        )

    def vocabulary(self) -> list[Tag]:
        """Return the tags in the order of the label vector."""
        found = self._all(
            "select position, tag, category, n_tracks"
            " from chosen_vocabulary order by position"
        )
        tags = [
            Tag(position=position, tag=tag, category=category, n_tracks=n_tracks)
            for position, tag, category, n_tracks in found
        ]
        if not tags or [tag.position for tag in tags] != list(range(len(tags))):
            raise ExportError(
                "the positions of the tags are not 0, 1, 2, ...",
                where=self.recipe.vocabulary,
                remedy="run `dbt build` again",
            )
        return tags

    def funnel(self) -> list[FunnelRow]:
        """Return what the recipe's cleaning took out, rule by rule."""
        found = self._all(
            "select rule_order, rule, n_excluded, n_left"
            " from chosen_funnel order by rule_order"
        )
        return [
            FunnelRow(rule_order=order, rule=rule, n_excluded=excluded, n_left=left)
            for order, rule, excluded, left in found
        ]

    def rows(self) -> Iterator[ScannedRow]:
        """Yield the rows by split, then by the MD5 of ``source/track_id``.

        The hash decides the shard (see `export.plan`), so rows come shard by shard.
        """
        for values in self._stream(_BY_SHARD):
            yield ScannedRow(*values)

    def rows_by_key(self) -> Iterator[Row]:
        """Yield the rows by source and track id."""
        for values in self._stream(_BY_KEY):
            yield Row(*values)

    def checksum(self) -> str:
        """Return the SHA-256 over all rows, ordered by source and track id.

        Each row counts as a JSON array of its columns with a line feed.
        """
        digest = hashlib.sha256()
        for values in self._stream(_BY_KEY):
            text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
            digest.update(f"{text}\n".encode())
        return digest.hexdigest()

    def names(self) -> dict[str, bytes]:
        """Return the names of clips that are not UTF-8, by the path as text."""
        ((escaped,),) = self._all(
            "select count(*) from chosen where contains(path, chr(92))"
        )
        if not escaped:
            return {}
        return dict(
            self._all(
                "select path, path_bytes from staging.stg_audio__files"
                " where path_bytes is not null and path in (select path from chosen)"
            )
        )

    def _true_of(self, where: str) -> str:
        """Note the rows that a condition is true of; return that a row is one of them.

        It is asked once, so that a draw gives the same rows throughout.
        """
        self._execute(
            "create temp table kept as select rowid as row_number"  # noqa: S608
            f" from {self.recipe.table} where (\n{where}\n)"
        )
        return "rowid in (select row_number from kept)"

    def _selected(self, query: str) -> str:
        """Note the tracks that a query gives; return the condition to be one of them.

        It runs once, so that a LIMIT or a draw gives the same rows throughout.
        """
        self._execute("create temp table selected (source varchar, track_id varchar)")
        found = keys(self._warehouse, query)
        while batch := list(itertools.islice(found, _BATCH_ROWS)):
            sources, tracks = zip(*batch, strict=True)
            self._execute(
                "insert into selected select unnest($sources::varchar[]),"
                " unnest($tracks::varchar[])",
                {"sources": list(sources), "tracks": list(tracks)},
            )
        return (
            "(track_id in (select track_id from selected where source is null)"
            " or (source, track_id) in"
            " (select source, track_id from selected where source is not null))"
        )

    @property
    def _tables(self) -> list[str]:
        recipe = self.recipe
        return [recipe.table, recipe.vocabulary, recipe.funnel, _SCANNED]

    def _check_tables(self) -> None:
        found = self._all(
            "select table_schema || '.' || table_name from information_schema.tables"
        )
        existing = {name for (name,) in found}
        for name in self._tables:
            if name not in existing:
                raise ExportError(
                    f"the warehouse has no table {name}",
                    where=self.recipe.name,
                    remedy="run `dbt build` first",
                )

    def _stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        # A cursor would not see the views, so only one query is open at a time.
        result = self._execute(query)
        while batch := result.fetchmany(_BATCH_ROWS):
            yield from batch

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        return self._execute(query).fetchall()

    def _execute(
        self, query: str, values: dict[str, Any] | None = None
    ) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(query, values)
        except duckdb.Error as error:
            raise ExportError(
                said(error), where=self.where or self.recipe.name
            ) from error


@contextmanager
def select(
    warehouse: Path,
    recipe: Recipe,
    narrowing: Narrowing | None = None,
    *,
    every_split: bool = True,
) -> Iterator[Selection]:
    """Open the warehouse read-only and yield the checked selection.

    Parameters
    ----------
    warehouse : Path
        The DuckDB file.
    recipe : Recipe
        The version of the final table.
    narrowing : Narrowing, optional
        What narrows it.
    every_split : bool
        Whether each split must have a track, as training needs it.

    Raises
    ------
    ExportError
        The table is missing or not as it should be, or what narrows it is no
        condition or query, or leaves no track.
    """
    # The condition is a user's text: it may compute, not read files.
    with open_to_read(warehouse, LOCKED) as connection:
        selection = Selection(connection, warehouse, recipe, narrowing or Narrowing())
        selection.check(every_split=every_split)
        yield selection


def check_splits(tracks: dict[Split, int], place: str, where: str | None) -> None:
    """Refuse an empty split: training would only notice at its end.

    Raises
    ------
    ExportError
        A split has no track.
    """
    empty = [split for split in SPLITS if not tracks.get(split)]
    if empty:
        raise ExportError(
            f"no track in the split {empty[0]}",
            where=_place(place, where),
            expected="at least one track in each of " + ", ".join(SPLITS),
            remedy="use more tracks, other split shares, or a wider condition",
        )


def _place(table: str, where: str | None) -> str:
    return table if where is None else f"{table} where {where}"
