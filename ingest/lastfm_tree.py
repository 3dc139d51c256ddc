"""Many JSON files of Last.fm in one load: read only what has changed.

The rows are those that a load of all files would give; only the numbers of tracks and
tags differ.
"""

import pyarrow as pa

from ingest.changes import unchanged_files
from ingest.load import Load, Source, empty_tables

REPEATED = "the track has been loaded already"
"""Why a track is set aside that an earlier file has too."""


def keep_unchanged(work: Load, source: Source) -> None:
    """Leave the rows of files that have not changed, and take the others out.

    Parameters
    ----------
    work : Load
        Learns in ``kept_files`` which files need not be read.
    source : Source
        The files as they are now.
    """
    if not work.force:
        unchanged = unchanged_files(
            work.connection, work.source, source.fingerprint.files
        )
        work.kept_files = unchanged & _first_files(work) - _files_that_gave_way(work)
    if work.kept_files:
        take_others_out(work)
    else:
        empty_tables(work, source)


def take_others_out(work: Load) -> None:
    """Delete the rows of all files but those that are kept."""
    kept = pa.table({"path": pa.array(sorted(work.kept_files), pa.string())})
    with work.registered("kept", kept):
        work.connection.execute(
            "delete from raw.lastfm_tracks where source_file not in (from kept)"
        )
    for table, column, of in (
        ("lastfm_similars", "track_id", "select track_id from raw.lastfm_tracks"),
        ("lastfm_tids", "tid", "select track_id from raw.lastfm_tracks"),
        ("lastfm_tid_tag", "tid_rowid", "select tid_rowid from raw.lastfm_tids"),
        ("lastfm_tags", "tag_rowid", "select tag_rowid from raw.lastfm_tid_tag"),
    ):
        work.connection.execute(
            f"delete from raw.{table} where {column} not in ({of})"  # noqa: S608
        )


def kept_files_repeated(load: Load) -> set[str]:
    """Return the files kept that have a track that was just read from another."""
    if not load.kept_files:
        return set()
    rows = load.connection.execute(
        """
        select distinct source_file from raw.lastfm_tracks
        where track_id in (
            select track_id from raw.lastfm_tracks
            group by track_id having count(*) > 1
        )
        """
    )
    return {path for (path,) in rows.fetchall()} & load.kept_files


def _first_files(work: Load) -> set[str]:
    """Return the files that some track was taken from."""
    rows = work.connection.execute("select distinct source_file from raw.lastfm_tracks")
    return {path for (path,) in rows.fetchall()}


def _files_that_gave_way(work: Load) -> set[str]:
    """Return the files with a track that another has: that other may be gone."""
    rows = work.connection.execute(
        "select path from raw.rows_set_aside where source = ? and reason = ?",
        [work.source, REPEATED],
    )
    return {path for (path,) in rows.fetchall()}
