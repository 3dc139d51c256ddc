"""A data set of a known format as a source that is ready to load."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ingest.datasets import fma, jamendo, magnatagatune, plain
from ingest.datasets.rows import Rows
from ingest.errors import IngestError
from ingest.files import check, fingerprint
from ingest.load import Load, Source
from ingest.tables import DATASET_TAGS, DATASET_TRACKS, Table, replace_table
from lyre.console import progress

_NAME = re.compile("[a-z0-9][a-z0-9_-]*")
_TABLES = (DATASET_TRACKS, DATASET_TAGS)

# Names of the other sources, under which the runs are logged.
_TAKEN = {
    *("audio", "msd", "lastfm", "splits", "mismatches", "duplicates"),
    *("unique_tracks", "unique_artists", "unique_tags", "cliques"),
}


@dataclass(frozen=True)
class Format:
    """A format of data sets.

    Attributes
    ----------
    find : callable
        Lists the files of the data set in a folder.
    read : callable
        Reads files into `Rows`.
    expected : str
        The files that it takes, in words.
    """

    find: Callable[[Path], list[Path]]
    read: Callable[[Sequence[Path], Rows], None]
    expected: str


FORMATS: Mapping[str, Format] = {
    "jamendo": Format(jamendo.find, jamendo.read, jamendo.EXPECTED),
    "magnatagatune": Format(
        magnatagatune.find, magnatagatune.read, magnatagatune.EXPECTED
    ),
    "fma": Format(fma.find, fma.read, fma.EXPECTED),
    "plain": Format(plain.find, plain.read, plain.EXPECTED),
}
"""The formats by name."""


def source(format_name: str, paths: Sequence[Path], name: str) -> Source:
    """Find the files of a data set.

    Parameters
    ----------
    format_name : str
        One of `FORMATS`.
    paths : sequence of Path
        Its files, or folders that hold them.
    name : str
        What its rows have as ``source``: small letters, digits, ``-`` and ``_``.

    Returns
    -------
    Source
        Ready to load; it replaces what was loaded under the same name alone.

    Raises
    ------
    IngestError
        The format or name is no good, or a file is missing, empty or of another kind.
    """
    files = find_files(format_name, paths)
    check_name(name)
    for file in files:
        check(file, is_a=FORMATS[format_name].expected, key=f"sources.datasets.{name}")
    state = replace(fingerprint(paths, files), format=format_name)
    return Source(name, state, _TABLES, partial(_fill, format_name, files), _keep)


def check_name(name: str) -> None:
    """Refuse a name that a data set cannot have.

    Raises
    ------
    IngestError
        It is that of another source, or its rows and clips could not be told by it.
    """
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise IngestError(
            f"{name!r} cannot be the name of a data set",
            expected="small letters, digits, - and _, and no name of another source",
        )


def find_files(format_name: str, paths: Sequence[Path]) -> list[Path]:
    """List the files that `source` would read, without looking into them.

    Raises
    ------
    IngestError
        There is no such format, or a folder holds no such file.
    """
    kind = FORMATS.get(format_name)
    if kind is None:
        raise IngestError(
            f"no such format of data sets: {format_name!r}", expected=", ".join(FORMATS)
        )
    for path in paths:
        if path.is_dir() and not kind.find(path):
            raise IngestError(
                "the folder holds no file of the data set",
                where=path,
                expected=kind.expected,
            )
    return files_in(format_name, paths)


def files_in(format_name: str, paths: Sequence[Path]) -> list[Path]:
    """List the files that `source` would read; none of a folder without them."""
    find = FORMATS[format_name].find
    found = [
        file for path in paths for file in (find(path) if path.is_dir() else [path])
    ]
    return list(dict.fromkeys(found))


def _keep(work: Load, source: Source) -> None:
    """Take the data set's own rows out and leave those of others."""
    for table in source.tables:
        _keep_others(work, table)


def _keep_others(work: Load, table: Table) -> None:
    # Deleting would leave the blocks of the old rows in the file.
    work.connection.execute(
        f"create or replace temp table others as from {table.full_name} "
        "where source <> ?",
        [work.source],
    )
    replace_table(work.connection, table)
    work.connection.execute(f"insert into {table.full_name} from others")
    work.connection.execute("drop table others")


def _fill(format_name: str, files: Sequence[Path], work: Load) -> None:
    total = sum(plain.count_rows(file) for file in files)
    with progress(work.source, total, "line") as advance:
        rows = Rows(work, advance)
        FORMATS[format_name].read(files, rows)
        rows.close()
