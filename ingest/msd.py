"""The Million Song Dataset to ``raw.msd_songs``: HDF5 files and SQLite, in any mix.

Missing values become NULL by a rule per column, which the table's comments repeat:
empty text, NaN and infinity; 0 and below for ids, year and sample rate; below 0 for
key, mode and time signature; 0 for danceability and energy, which the MSD never
computed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import msd_file, sqlite, track_metadata
from ingest.errors import IngestError
from ingest.files import check, fingerprint, walk
from ingest.load import Load, Source, count_rows
from ingest.msd_blocks import Array
from ingest.msd_columns import is_track_id, mbtag_columns, song_columns, term_columns
from ingest.msd_file import Chunk
from ingest.msd_tree import (
    keep_unchanged,
    kept_files_overtaken,
    set_repeats_aside,
    take_others_out,
)
from ingest.tables import MSD_ARTIST_MBTAGS, MSD_ARTIST_TERMS, MSD_SONGS
from lyre.console import Advance, progress
from lyre.counting import counted
from lyre.filenames import shown

_SUFFIXES = (".h5", ".hdf5")
_LISTS = {
    "artist_terms": (MSD_ARTIST_TERMS, term_columns),
    "artist_mbtags": (MSD_ARTIST_MBTAGS, mbtag_columns),
}


@dataclass(frozen=True)
class _File:
    """A file to read; a bad one that was found in a folder is only set aside."""

    path: Path
    rows: int | None
    is_database: bool = False

    @property
    def is_named(self) -> bool:
        return self.rows is not None


def source(paths: Sequence[Path]) -> Source:
    """Find the files and check those that were named.

    Parameters
    ----------
    paths : sequence of Path
        Summary, aggregate and song files, folders of them at any depth, and
        ``track_metadata.db``. Where a song is in several, the first counts.

    Returns
    -------
    Source
        Ready to load. Songs that occur in several files are taken from the first.

    Raises
    ------
    IngestError
        A named file is missing or cannot be used, or a folder holds no HDF5 file.
    """
    # Rows name their file, which must mean the same from any working folder.
    paths = [path.absolute() for path in paths]
    found = [file for path in paths for file in _find(path)]
    # A file may be named twice, or be named and lie in a folder that is: take one.
    files = list({file.path.resolve(): file for file in reversed(found)}.values())[::-1]
    state = fingerprint(paths, [file.path for file in files])
    tables = (MSD_SONGS, MSD_ARTIST_TERMS, MSD_ARTIST_MBTAGS)
    return Source("msd", state, tables, partial(_fill, files), keep_unchanged)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """List the files that `source` would read, without looking into them."""
    return [
        file
        for path in paths
        for file in (sorted(walk(path, _SUFFIXES)) if path.is_dir() else [path])
    ]


def _find(path: Path) -> list[_File]:
    if not path.is_dir():
        check(path, is_a="an HDF5 file of the MSD", key="sources.msd")
        if sqlite.is_database(path):
            return [_File(path, track_metadata.count_rows(path), is_database=True)]
        return [_File(path, msd_file.count_rows(path))]
    found = sorted(walk(path, _SUFFIXES))
    if not found:
        raise IngestError(
            "the folder holds no HDF5 file",
            where=path,
            expected="files named *.h5",
            remedy="set sources.msd in lyre.toml",
        )
    return [_File(each, None) for each in found]


def _fill(files: Sequence[_File], load: Load) -> None:
    order = [shown(file.path) for file in files]
    _read_pending(files, load)
    if overtaken := kept_files_overtaken(load, order):
        # A song's terms are those of the first file, so these are read in their place.
        load.kept_files -= overtaken
        take_others_out(load)
        load.forget_aside()
        _read_pending(files, load)
    if len(files) > 1:
        set_repeats_aside(load, order)
    load.rows = count_rows(load.connection, MSD_SONGS)
    if load.rows == 0:
        raise IngestError(
            f"no song could be read of {counted(len(files), 'file')}",
            where=load.path,
            expected="at least one song",
        )


def _read_pending(files: Sequence[_File], load: Load) -> None:
    songs = _Songs(load)
    pending = [file for file in files if shown(file.path) not in load.kept_files]
    with _progress(pending) as (song_read, file_read):
        for file in pending:
            if file.is_database:
                songs.flush()
                track_metadata.fill(file.path, load, song_read)
            else:
                _read(file, songs, load, song_read)
            file_read(1)
        songs.flush()


def _read(file: _File, songs: "_Songs", load: Load, advance: Advance) -> None:
    try:
        for chunk in msd_file.read(file.path):
            songs.add(chunk, file.path)
            advance(chunk.rows)
    except IngestError as error:
        if file.is_named:
            raise
        songs.drop(file.path)
        load.set_file_aside(shown(file.path), error.what)


@contextmanager
def _progress(files: Sequence[_File]) -> Iterator[tuple[Advance, Advance]]:
    """Count songs if their number is known, as it is not of a folder; else files.

    Yields what to call with the number of songs just read, and with that of files.
    """
    if all(file.rows is not None for file in files):
        songs = sum(file.rows or 0 for file in files)
        with progress("songs", songs, "song") as advance:
            yield advance, _untold
    else:
        with progress("files of songs", len(files), "file") as advance:
            yield _untold, advance


def _untold(steps: int) -> None:
    pass


@dataclass
class _Songs:
    """Gathers chunks of many small files and writes them together.

    Of the last file that was written it knows how many rows of each list that had.
    """

    load: Load
    chunks: list[tuple[Chunk, Path]] = field(default_factory=list)
    rows: int = 0
    last: Path | None = None
    listed: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk, path: Path) -> None:
        self.chunks.append((chunk, path))
        self.rows += chunk.rows
        if self.rows >= msd_file.CHUNK_ROWS:
            self.flush()

    def drop(self, path: Path) -> None:
        """Take back what was read of the last file, which turned out to be bad."""
        self.chunks = [pair for pair in self.chunks if pair[1] != path]
        self.rows = sum(chunk.rows for chunk, _ in self.chunks)
        if path == self.last:
            self._take_back(shown(path))

    def _take_back(self, path: str) -> None:
        self.load.connection.execute(
            "delete from raw.msd_songs where source_file = ?", [path]
        )
        # Their tables do not say which file a row is of, but its rows are the last.
        for name, rows in self.listed.items():
            table = _LISTS[name][0].full_name
            self.load.connection.execute(
                f"delete from {table} where rowid in "  # noqa: S608
                f"(select rowid from {table} order by rowid desc limit ?)",
                [rows],
            )

    def flush(self) -> None:
        if not self.chunks:
            return
        chunks = [chunk for chunk, _ in self.chunks]
        songs = song_columns(chunks, self.load.repairs)
        paths = pa.array([shown(path) for _, path in self.chunks])
        of_chunk = np.repeat(np.arange(len(chunks)), [each.rows for each in chunks])
        songs["source_file"] = paths.take(pa.array(of_chunk))
        ids = songs["track_id"]
        good = is_track_id(ids)
        self._set_aside(pc.invert(good), ids, of_chunk)
        self.load.insert(MSD_SONGS, pa.table(songs).filter(good))
        if self.last != self.chunks[-1][1]:
            self.last = self.chunks[-1][1]
            self.listed.clear()
        self._write_lists(ids, good)
        self.chunks.clear()
        self.rows = 0

    def _set_aside(self, bad: pa.Array, ids: pa.Array, of_chunk: Array) -> None:
        for row in np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist():
            chunk, path = self.chunks[of_chunk[row]]
            number = chunk.first_row + row - int(np.argmax(of_chunk == of_chunk[row]))
            self.load.set_aside(
                str(number + 1),
                "track_id is no MSD track id",
                ids[row].as_py() or "",
                path=shown(path),
            )

    def _write_lists(self, ids: pa.Array, good: pa.Array) -> None:
        batches: dict[str, list[pa.Table]] = {name: [] for name in _LISTS}
        first = 0
        for chunk, path in self.chunks:
            for name, ragged in chunk.lists.items():
                rows = np.arange(first, first + chunk.rows)
                of_row = pa.array(np.repeat(rows, ragged.counts))
                columns = _LISTS[name][1](ragged, self.load.repairs)
                batch = pa.table({"track_id": ids.take(of_row), **columns})
                batches[name].append(batch.filter(good.take(of_row)))
                if path == self.last:
                    self.listed[name] += batches[name][-1].num_rows
            first += chunk.rows
        for name, parts in batches.items():
            if parts:
                self.load.insert(_LISTS[name][0], pa.concat_tables(parts))
