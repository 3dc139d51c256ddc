"""Many MSD files in one load: read only what has changed, and no song twice.

A song that several files hold, as the summary file and a song file do, is taken from
the first of them; songs that repeat within one file stay, for SQL to judge.
"""

from collections.abc import Sequence

import pyarrow as pa

from ingest.changes import unchanged_files
from ingest.load import Load, Source, empty_tables

_LIST_TABLES = ("msd_artist_terms", "msd_artist_mbtags")
_REPEATED = "song loaded from another file"


def keep_unchanged(work: Load, source: Source) -> None:
    """Leave the rows of files that have not changed, and take the others out.

    A file that gave way to another, in part or whole, is read again: the other may be
    gone. Where it is no longer as it was, so is the other: a song's terms and tags,
    which no table says the file of, may be those of the file that gave way.

    Parameters
    ----------
    work : Load
        Learns in ``kept_files`` which files need not be read.
    source : Source
        The files as they are now.
    """
    if work.force:
        empty_tables(work, source)
        return
    gave_way = work.connection.execute(
        "select distinct path, content from raw.rows_set_aside "
        "where source = ? and reason = ?",
        [work.source, _REPEATED],
    ).fetchall()
    unchanged = unchanged_files(work.connection, work.source, source.fingerprint.files)
    work.kept_files = unchanged - {
        file
        for path, first in gave_way
        for file in ([path] if path in unchanged else [path, first])
    }
    if work.kept_files:
        take_others_out(work)
    else:
        empty_tables(work, source)


def kept_files_overtaken(work: Load, files: Sequence[str]) -> set[str]:
    """Return the files kept that have a song that an earlier file has now, too.

    Parameters
    ----------
    work : Load
        All files but those kept have been read into it.
    files : sequence of str
        The paths of all, in order of precedence.
    """
    if not work.kept_files:
        return set()
    with work.registered("file_order", _in_order(files)):
        rows = work.connection.execute(
            """
            select distinct source_file
            from raw.msd_songs join file_order on path = source_file
            qualify place > min(place) over (partition by track_id)
            """
        ).fetchall()
    return {path for (path,) in rows} & work.kept_files


def set_repeats_aside(work: Load, files: Sequence[str]) -> None:
    """Keep one file's rows of a song that several files hold.

    Parameters
    ----------
    work : Load
        All files have been read into it.
    files : sequence of str
        Their paths, in order of precedence.
    """
    work.flush()
    with work.registered("file_order", _in_order(files)):
        work.connection.execute(
            """
            create or replace temp table repeats as
            select song.rowid as row_number, track_id, source_file, first_file
            from raw.msd_songs as song
            join (
                select track_id, arg_min(source_file, place) as first_file
                from raw.msd_songs join file_order on path = source_file
                group by track_id
                having count(distinct source_file) > 1
            ) using (track_id)
            where source_file <> first_file
            """
        )
    _drop_lists_of_repeats(work)
    work.connection.execute(
        """
        insert into raw.rows_set_aside
        select ?, ?, source_file, null, ?, first_file
        from repeats order by row_number
        """,
        [work.run_id, work.source, _REPEATED],
    )
    work.connection.execute(
        "delete from raw.msd_songs where rowid in (select row_number from repeats)"
    )
    work.connection.execute("drop table repeats")


def take_others_out(work: Load) -> None:
    """Delete the rows of all files but those that are kept."""
    kept = pa.table({"path": pa.array(sorted(work.kept_files), pa.string())})
    with work.registered("kept", kept):
        work.connection.execute(
            "delete from raw.msd_songs where source_file not in (from kept)"
        )
    for table in _LIST_TABLES:
        work.connection.execute(
            f"delete from raw.{table} "  # noqa: S608
            "where track_id not in (select track_id from raw.msd_songs)"
        )


def _in_order(files: Sequence[str]) -> pa.Table:
    return pa.table({"path": files, "place": list(range(len(files)))})


def _drop_lists_of_repeats(work: Load) -> None:
    """Keep one list of terms and of tags per song: the first, and nothing of others."""
    for table in _LIST_TABLES:
        work.connection.execute(
            f"""
            delete from raw.{table} where rowid in (
                select rowid from raw.{table} semi join repeats using (track_id)
                qualify count(*) filter (where position = 1) over (
                    partition by track_id order by rowid
                ) > 1
            )
            """  # noqa: S608
        )
