"""The MSD's text lists to raw tables.

Lines end with LF and nothing else: the mismatch list holds 0x1c to 0x1e inside lines,
at which `str.splitlines` would split. A line that does not have the form of its list
is set aside with its number.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from ingest.errors import IngestError
from ingest.files import check, count_lines, fingerprint
from ingest.load import Load, Source
from ingest.tables import MSD_DUPLICATES, MSD_MISMATCHES, Table
from ingest.text import clean
from lyre.console import progress

TRACK_ID = re.compile(rb"(?<![A-Z0-9])TR[A-Z0-9]{16}(?![A-Z0-9])")

_BATCH_ROWS = 50_000
_LINES_TOLD = 1_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MISMATCH = re.compile(rb"ERROR: <(SO[A-Z0-9]{16}) (TR[A-Z0-9]{16})> (.*)", re.DOTALL)
_UNEQUAL, _DASH = b"  !=  ", b"  -  "
_GROUP = re.compile(rb"%-?\d+(?:\s+(.*))?", re.DOTALL)
SEPARATOR = b"<SEP>"

Names = tuple[str | None, str | None]


def mismatches(path: Path) -> Source:
    """Find the list of tracks that were matched to a wrong song.

    Parameters
    ----------
    path : Path
        ``sid_mismatches.txt``: lines of the form ``ERROR: <SONG TRACK> artist  -
        title  !=  artist  -  title``, the left pair being the song's.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    return list_source(
        "mismatches", path, MSD_MISMATCHES, _fill_mismatches, "the list of mismatches"
    )


def duplicates(path: Path) -> Source:
    """Find the list of groups of tracks that are one song.

    Parameters
    ----------
    path : Path
        ``msd_duplicates.txt``: comments with ``#``, then groups of a header
        ``%<number> artist - title`` and a line per track, ``TRACK`` or
        ``TRACK<SEP>...``.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    return list_source(
        "duplicates", path, MSD_DUPLICATES, _fill_duplicates, "the list of duplicates"
    )


def list_source(
    name: str, path: Path, table: Table, fill: Callable[[Path, Load], None], is_a: str
) -> Source:
    """Find and check a list that is one file and fills one table.

    Parameters
    ----------
    name : str
        Of the source, which is its key in ``[sources]`` too.
    path : Path
        The list.
    table : Table
        Where its lines go.
    fill : callable
        Reads them into the table.
    is_a : str
        What the file should be, in words.

    Raises
    ------
    IngestError
        The file is missing, empty or a git-LFS pointer.
    """
    check(path, is_a=is_a, key=f"sources.{name}")
    return Source(name, fingerprint([path], [path]), (table,), partial(fill, path))


def numbered_lines(path: Path, label: str) -> Iterator[tuple[int, bytes]]:
    """Yield number (from 1) and content of each line, splitting at LF alone.

    Parameters
    ----------
    path : Path
        The list.
    label : str
        What it is called where its progress is shown.
    """
    with (
        progress(label, count_lines(path), "line") as advance,
        path.open("rb") as file,
    ):
        number = 0
        for number, line in enumerate(file, start=1):
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
            if number % _LINES_TOLD == 0:
                advance(_LINES_TOLD)
        advance(number % _LINES_TOLD)


@dataclass
class Rows:
    """Gathers rows of a list and writes them together.

    Attributes
    ----------
    load : Load
        The load that they belong to.
    table : Table
        Where they go; a row has the values of its columns in order.
    """

    load: Load
    table: Table
    _held: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, *row: object) -> None:
        """Add a row."""
        self._held.append(row)
        self.load.rows += 1
        if len(self._held) >= _BATCH_ROWS:
            self._flush()

    def close(self, path: Path, expected: str, rows_before: int = 0) -> None:
        """Write what is held; a list of which no line was right is refused.

        Parameters
        ----------
        path : Path
            The list.
        expected : str
            What its lines should look like.
        rows_before : int
            Rows of the load that came from other lists.

        Raises
        ------
        IngestError
            No row was added.
        """
        if self.load.rows == rows_before:
            raise IngestError(
                "no line has the form wanted", where=path, expected=expected
            )
        if self._held:
            self._flush()

    def _flush(self) -> None:
        columns = [list(values) for values in zip(*self._held, strict=True)]
        batch = dict(zip(self.table.column_names, columns, strict=True))
        self.load.insert(self.table, pa.table(batch))
        self._held.clear()


def _fill_mismatches(path: Path, load: Load) -> None:
    rows = Rows(load, MSD_MISMATCHES)
    for number, line in numbered_lines(path, load.source):
        if not line:
            continue
        match = _MISMATCH.fullmatch(line)
        if match is None:
            load.set_aside(str(number), "line is not 'ERROR: <SONG TRACK> ...'", line)
            continue
        song_id, track_id, rest = match.groups()
        song, track = _names(rest, number, line, load)
        ids = song_id.decode(), track_id.decode()
        text = line.decode(errors="backslashreplace")
        rows.add(number, *ids, *song, *track, text)
    rows.close(path, "lines like 'ERROR: <SONG TRACK> artist  -  title  !=  ...'")


def _names(rest: bytes, number: int, line: bytes, load: Load) -> tuple[Names, Names]:
    """Split artists and titles, or do without them where there are two ways to."""
    sides = [side.split(_DASH) for side in rest.split(_UNEQUAL)]
    if [len(side) for side in sides] != [2, 2]:
        reason = "artists and titles are ambiguous, so the ids are loaded without them"
        load.set_aside(str(number), reason, line)
        return (None, None), (None, None)
    (song_artist, song_title), (track_artist, track_title) = (
        [clean(name, load.repairs).strip() or None for name in side] for side in sides
    )
    return (song_artist, song_title), (track_artist, track_title)


def _fill_duplicates(path: Path, load: Load) -> None:
    rows = Rows(load, MSD_DUPLICATES)
    group, label, position = 0, None, 0
    for number, line in numbered_lines(path, load.source):
        if not line.strip() or line.startswith(b"#"):
            continue
        if line.startswith(b"%"):
            group, position = group + 1, 0
            label = _label(number, line, load)
            continue
        track_id = line.split(SEPARATOR)[0].strip()
        if not TRACK_ID.fullmatch(track_id):
            load.set_aside(str(number), "neither a track id nor '%<number> ...'", line)
        elif group == 0:
            load.set_aside(str(number), "track before the first group", line)
        else:
            position += 1
            rows.add(group, label, position, track_id.decode())
    rows.close(path, "groups of '%<number> artist - title' and a track id a line")


def _label(number: int, line: bytes, load: Load) -> str | None:
    header = _GROUP.fullmatch(line)
    if header is None:
        reason = "header is not '%<number> ...', so the group is loaded without it"
        load.set_aside(str(number), reason, line)
        return None
    return clean(header[1] or b"", load.repairs).strip() or None
