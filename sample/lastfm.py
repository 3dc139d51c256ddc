"""``lastfm_tags.db``: the tags as the Last.fm data set has them, in SQLite."""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from lyre.console import Advance
from sample.plan import Numbers, Plan
from sample.randomness import stream
from sample.tags import Tagging

# Share of rows that were deleted again, which leaves holes in the ROWIDs.
_HOLES = 0.02

_SCHEMA = """
CREATE TABLE tids (tid TEXT);
CREATE TABLE tags (tag TEXT);
CREATE TABLE tid_tag (tid INT, tag INT, val FLOAT,
    FOREIGN KEY(tag) REFERENCES tags(ROWID), FOREIGN KEY(tid) REFERENCES tids(ROWID));
"""


def write_lastfm(path: Path, plan: Plan, tagging: Tagging, advance: Advance) -> None:
    """Write the database.

    Parameters
    ----------
    path : Path
        A file that does not exist.
    plan : Plan
        The songs.
    tagging : Tagging
        Their tags.
    advance : callable
        Called with the number of songs whose pairs were written.
    """
    tids = np.flatnonzero(plan.tagged)
    tid_rows = np.zeros(plan.size, dtype=np.int64)
    tid_rows[tids] = row_numbers(plan.seed, "tids", len(tids))
    tag_rows = row_numbers(plan.seed, "tags", len(tagging), shuffled=True)
    # The first row is never deleted; the first tag, rock, is always used.
    first = int(np.argmin(tag_rows))
    tag_rows[[0, first]] = tag_rows[[first, 0]]
    used = np.zeros(len(tagging), dtype=bool)
    database = sqlite3.connect(path)
    try:
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA
        )
        texts = (plan.track_id[song].decode() for song in tids)
        _insert(
            database,
            "tids(ROWID, tid)",
            zip(tid_rows[tids].tolist(), texts, strict=True),
        )
        for pairs in tagging.chunks():
            rows = zip(
                tid_rows[pairs.song].tolist(),
                tag_rows[pairs.tag].tolist(),
                pairs.value.astype(float).tolist(),
                strict=True,
            )
            _insert(database, "tid_tag(tid, tag, val)", rows)
            used[pairs.tag] = True
            advance(len(np.unique(pairs.song)))
        tags = sorted(_tag_rows(tagging, tag_rows, used))
        _insert(database, "tags(ROWID, tag)", iter(tags))
    finally:
        database.close()


def row_numbers(
    seed: int, table: str, count: int, *, shuffled: bool = False
) -> Numbers:
    """Return ROWIDs with holes, the first of them 1.

    Parameters
    ----------
    seed : int
        The seed of the sample.
    table : str
        Name of the table.
    count : int
        Rows that are left.
    shuffled : bool, optional
        Whether the numbers come in random order.
    """
    rng = stream(seed, f"rows of {table}")
    steps = 1 + (rng.random(count) < _HOLES) * rng.integers(1, 4, count)
    steps[0] = 1
    # Even the smallest table has a hole.
    steps[count // 2] = 2
    numbers = np.cumsum(steps).astype(np.int64)
    return rng.permutation(numbers) if shuffled else numbers


def _tag_rows(
    tagging: Tagging, rows: Numbers, used: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Iterator[tuple[int, str]]:
    for place, tag in enumerate(tagging.raw_tags()):
        if used[place]:
            yield int(rows[place]), tag.text


def _insert(
    database: sqlite3.Connection, target: str, rows: Iterator[tuple[object, ...]]
) -> None:
    columns = target.count(",") + 1
    statement = f"INSERT INTO {target} VALUES ({', '.join('?' * columns)})"  # noqa: S608
    while batch := list(islice(rows, 100_000)):
        database.executemany(statement, batch)
    database.commit()
