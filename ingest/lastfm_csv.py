"""Last.fm tags saved as three CSV files, as the 2019 project did, to ``raw.lastfm_*``.

``[<prefix>_]tids.csv``, ``tags.csv`` and ``tid_tag.csv`` were written by pandas, with
its index as a column without a name (or without a place in the header) or without it.
The index is the row number that ``tid_tag`` points at; one that starts at 0 counts
from 0, and so is one too low. Without an index, rows are numbered from 1. An empty
field in ``tids`` or ``tags`` is NULL and only keeps a row number. A file without
``val`` is that of a cleaned database. Files whose row numbers were lost are refused.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from ingest.errors import IngestError
from ingest.files import check, count_lines, fingerprint
from ingest.lastfm import TABLES
from ingest.lastfm_names import NAMES, add_names
from ingest.load import Load, Source
from lyre.console import Advance, progress
from lyre.counting import counted
from lyre.errors import said
from lyre.filenames import shown

_NAME = re.compile(r"(?P<prefix>.*_)?(?P<table>tids|tags|tid_tag)\.csv", re.DOTALL)
_COLUMNS = {"tids": ["tid"], "tags": ["tag"], "tid_tag": ["tid", "tag"]}
_INDEX_NAMES = {"", "index", "rowid", "unnamed: 0"}
_INDEX = "index"
_WHOLE = r"^\s*-?\d{1,18}(\.0*)?\s*$"
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$"


def is_folder_of_csv(path: Path) -> bool:
    """Tell whether a folder holds a file named like one of the three."""
    return path.is_dir() and any(_NAME.fullmatch(each.name) for each in path.iterdir())


def source(folder: Path) -> Source:
    """Find and check the three files.

    Parameters
    ----------
    folder : Path
        Holds them, with one prefix in their names or none.

    Returns
    -------
    Source
        Ready to load.

    Raises
    ------
    IngestError
        One is missing, empty or lacks a column, or there are two sets of them.
    """
    files = _find(folder)
    tables = {
        table: _Table.of(table, files[table]) for table in ("tids", "tags", "tid_tag")
    }
    state = fingerprint([folder], files.values())
    return Source("lastfm", state, TABLES, partial(_fill, tables))


def find_files(folder: Path) -> list[Path]:
    """List the files that `source` would read, without looking into them."""
    return list(_find(folder).values())


def _find(folder: Path) -> dict[str, Path]:
    sets: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        if match := _NAME.fullmatch(path.name):
            sets.setdefault(match["prefix"] or "", {})[match["table"]] = path
    if len(sets) != 1:
        prefixes = ", ".join(f"{prefix}tids.csv" for prefix in sets)
        raise IngestError(
            f"there is more than one set of files: {prefixes}",
            where=folder,
            remedy="put each into a folder of its own",
        )
    ((prefix, files),) = sets.items()
    missing = [table for table in _COLUMNS if table not in files]
    if missing:
        raise IngestError(
            f"there is no {prefix}{missing[0]}.csv",
            where=folder,
            expected=", ".join(f"{prefix}{table}.csv" for table in _COLUMNS),
        )
    return {table: files[table] for table in _COLUMNS}


@dataclass
class _Table:
    """A file and its columns: the index first, where it has one.

    It is counted as long as the rows seen are numbered from 1 without a gap.
    """

    name: str
    path: Path
    columns: list[str]
    rows: int = 0
    is_counted: bool = True

    @classmethod
    def of(cls, name: str, path: Path) -> "_Table":
        check(path, is_a=f"{name}.csv", key="sources.lastfm")
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file)
            try:
                header = [column.strip().lower() for column in next(rows, [])]
                first = next(rows, header)
            except csv.Error as error:
                raise _no_csv(error, path) from error
        if len(first) == len(header) + 1:
            # pandas with index_label=False: the header has no place for the index.
            header = [_INDEX, *header]
        elif header and header[0] in _INDEX_NAMES:
            header[0] = _INDEX
        for column in _COLUMNS[name]:
            if column not in header:
                raise IngestError(
                    f"there is no column {column}",
                    where=path,
                    expected=f"a header with {', '.join(_COLUMNS[name])}",
                )
        return cls(name, path, header)

    @property
    def has_index(self) -> bool:
        """Whether the rows state their numbers."""
        return _INDEX in self.columns

    def seen(self, numbers: pa.Int64Array) -> None:
        """Take note of the numbers of further rows."""
        counted = pa.array(np.arange(self.rows + 1, self.rows + 1 + len(numbers)))
        self.is_counted = self.is_counted and numbers.equals(counted)
        self.rows += len(numbers)

    def batches(self, load: Load) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield the number of the first row, from 1, and rows; every value is bytes."""

        def set_aside(row: arrow_csv.InvalidRow) -> str:
            if self.name != "tid_tag" and not self.has_index:
                # Without it, every row after this one would get a wrong number.
                return "error"
            reason = (
                f"{counted(row.actual_columns, 'field')}, not {row.expected_columns}"
            )
            position = None if row.number is None else f"line {row.number}"
            load.set_aside(position, reason, row.text, path=shown(self.path))
            return "skip"

        types = dict.fromkeys(self.columns, pa.binary())
        reader = arrow_csv.open_csv(
            self.path,
            read_options=arrow_csv.ReadOptions(
                column_names=self.columns, skip_rows=1, use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=True,
                # Of a single column, an empty line is a row with an empty field.
                ignore_empty_lines=len(self.columns) > 1,
                invalid_row_handler=set_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types, check_utf8=False, strings_can_be_null=False
            ),
        )
        row = 1
        for batch in reader:
            yield row, batch
            row += batch.num_rows


def _fill(tables: dict[str, _Table], load: Load) -> None:
    total = sum(count_lines(table.path) for table in tables.values())
    with progress("last.fm tags", total, "line") as advance:
        try:
            for name in ("tids", "tags"):
                _load_names(tables[name], load, advance)
            _read_pairs(tables["tid_tag"], load, advance)
        except pa.ArrowInvalid as error:
            raise _no_csv(error, load.path) from error
    for name in ("tids", "tags"):
        _refuse_lost_numbers(tables[name], load)
    _load_pairs(tables["tid_tag"], load)


def _no_csv(error: Exception, where: Path | str) -> IngestError:
    return IngestError(f"not a CSV file: {said(error)}", where=where)


def _load_names(table: _Table, load: Load, advance: Advance) -> None:
    counts_from = None
    for row, batch in table.batches(load):
        numbers = _row_numbers(table, row, batch, load)
        if counts_from is None and len(numbers):
            counts_from = int(table.has_index and numbers[0].as_py() == 0)
        ids = pc.add(numbers, counts_from or 0)
        names = batch[_COLUMNS[table.name][0]]
        there = pc.and_kleene(pc.is_valid(ids), pc.greater(pc.binary_length(names), 0))
        kept = pa.RecordBatch.from_arrays([ids, names], schema=NAMES).filter(there)
        add_names(kept, table.name, load)
        table.seen(ids)
        advance(batch.num_rows)
    _refuse_repeated_numbers(table, load)


def _row_numbers(
    table: _Table, row: int, batch: pa.RecordBatch, load: Load
) -> pa.Int64Array:
    if not table.has_index:
        return pa.array(np.arange(row, row + batch.num_rows))
    numbers, odd = _whole_numbers(batch[_INDEX])
    for place in odd:
        position = f"{table.name}.csv row {row + place}"
        load.set_aside(
            position,
            "the index is no whole number",
            _told(batch, place),
            path=shown(table.path),
        )
    return numbers


def _refuse_repeated_numbers(table: _Table, load: Load) -> None:
    column = f"{table.name[:-1]}_rowid"
    twice = load.connection.execute(
        f"select {column} from raw.lastfm_{table.name} "  # noqa: S608
        f"group by {column} having count(*) > 1 order by 1 limit 1"
    ).fetchall()
    if twice:
        raise IngestError(
            f"row number {twice[0][0]} of the index occurs more than once",
            where=table.path,
        )


def _read_pairs(table: _Table, load: Load, advance: Advance) -> None:
    load.connection.execute(
        "create or replace temp table pairs (position bigint, tid_rowid bigint, "
        "tag_rowid bigint, val double)"
    )
    for row, batch in table.batches(load):
        load.append("pairs", _pairs(table, row, batch, load))
        advance(batch.num_rows)


def _refuse_lost_numbers(table: _Table, load: Load) -> None:
    """Refuse rows that were numbered anew, as every pair would get a wrong name.

    pandas does so on reading a database, and where rows had been deleted there, the
    pairs point beyond the last row.
    """
    column = f"{table.name[:-1]}_rowid"
    ((last,),) = load.connection.execute(
        f"select max({column}) from pairs"  # noqa: S608
    ).fetchall()
    if table.is_counted and last is not None and last > table.rows:
        raise IngestError(
            f"tid_tag points at row {last:,} of {counted(table.rows, 'row')}: the "
            "row numbers of the database were lost when it was saved",
            where=table.path,
            remedy="load the SQLite database instead",
        )


def _load_pairs(table: _Table, load: Load) -> None:
    ((loaded,),) = load.connection.execute(
        """
        insert into raw.lastfm_tid_tag
        select tid_rowid, tag_rowid, val from pairs
        where tid_rowid in (select tid_rowid from raw.lastfm_tids)
            and tag_rowid in (select tag_rowid from raw.lastfm_tags)
        """
    ).fetchall()
    load.rows += loaded
    load.connection.execute(
        """
        insert into raw.rows_set_aside
        select
            ?, ?, ?, 'tid_tag.csv row ' || position,
            if(
                tid_rowid in (select tid_rowid from raw.lastfm_tids),
                'tag points at no row that was loaded',
                'tid points at no row that was loaded'
            ),
            concat('tid ', tid_rowid, ', tag ', tag_rowid)
        from pairs
        where tid_rowid not in (select tid_rowid from raw.lastfm_tids)
            or tag_rowid not in (select tag_rowid from raw.lastfm_tags)
        """,
        [load.run_id, load.source, shown(table.path)],
    )
    load.connection.execute("drop table pairs")


def _pairs(table: _Table, row: int, batch: pa.RecordBatch, load: Load) -> pa.Table:
    """Convert a batch to numbers, and set the rows aside that are none."""
    columns = {}
    odd: dict[int, str] = {}
    for name in ("tid", "tag"):
        numbers, places = _whole_numbers(batch[name])
        columns[f"{name}_rowid"] = numbers
        odd.update(dict.fromkeys(places, f"{name} is no row number"))
    if "val" in table.columns:
        columns["val"], places = _numbers(batch["val"])
        odd.update(dict.fromkeys(places, "val is no number"))
    for place in sorted(odd):
        position = f"tid_tag.csv row {row + place}"
        load.set_aside(
            position, odd[place], _told(batch, place), path=shown(table.path)
        )
    good = np.ones(batch.num_rows, bool)
    good[list(odd)] = False
    columns["position"] = pa.array(np.arange(row, row + batch.num_rows))
    return pa.table(columns).filter(pa.array(good))


def _whole_numbers(raw: pa.BinaryArray) -> tuple[pa.Int64Array, list[int]]:
    """Return whole numbers (pandas may write 7 as 7.0) and the places of others."""
    is_right = pc.match_substring_regex(raw, _WHOLE)
    text = pc.ascii_trim_whitespace(
        pc.replace_substring_regex(_text(raw, is_right), r"\.0*", "")
    )
    return text.cast(pa.int64()), _places(pc.invert(is_right))


def _numbers(raw: pa.BinaryArray) -> tuple[pa.DoubleArray, list[int]]:
    """Return numbers, NULL for an empty field, and the places of what is neither."""
    is_empty = pc.equal(pc.binary_length(raw), 0)
    is_right = pc.match_substring_regex(raw, _NUMBER)
    text = pc.ascii_trim_whitespace(_text(raw, is_right))
    return text.cast(pa.float64()), _places(pc.invert(pc.or_(is_right, is_empty)))


def _text(raw: pa.BinaryArray, is_right: pa.BooleanArray) -> pa.StringArray:
    nothing = pa.scalar(None, pa.binary())
    return pc.if_else(is_right, raw, nothing).cast(pa.string())


def _places(mask: pa.BooleanArray) -> list[int]:
    places: list[int] = np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
    return places


def _told(batch: pa.RecordBatch, place: int) -> bytes:
    return b",".join(column[place].as_py() for column in batch)
