"""What was loaded, and what could not be."""

from ingest.tables.schema import describe

INGEST_RUNS = describe(
    "ingest_runs",
    "One row per load that was tried: what, from where, when and how it ended.",
    """
    run_id BIGINT Number of the run, from 1.
    source VARCHAR 'msd', 'lastfm', 'mismatches', 'duplicates', 'unique_tracks', 'unique_artists', 'unique_tags', 'cliques', 'splits', 'audio' or the name of another data set.
    path VARCHAR Absolute path of the file or folder; several are joined by '; '.
    size_bytes BIGINT Size of the file, or of all files found in the folder.
    modified_at TIMESTAMPTZ Time of the last change of the newest file.
    checksum VARCHAR SHA-256 of the file; of several files or a folder, of their listing (path, size, time); NULL for audio.
    rows BIGINT Rows loaded.
    rows_set_aside BIGINT Rows (or files of a tree) kept in rows_set_aside instead.
    started_at TIMESTAMPTZ When the load began.
    seconds DOUBLE How long the load took.
    status VARCHAR 'done', 'skipped' (the source has not changed) or 'failed'.
    error VARCHAR Why it failed; NULL otherwise.
    format VARCHAR How another data set was read, such as 'fma'; NULL for the sources above.
    """,  # noqa: E501
)

ROWS_SET_ASIDE = describe(
    "rows_set_aside",
    "One row per row or file of a source that could not be loaded, or only in part, "
    "with the reason; those of the latest load of each source.",
    """
    run_id BIGINT The run that met it, in ingest_runs.
    source VARCHAR As in ingest_runs.
    path VARCHAR The file it stands in.
    position VARCHAR Line number, row id or row number in the file; NULL: the whole file.
    reason VARCHAR What is wrong with it.
    content VARCHAR The row as found, escaped and cut to 1000 characters.
    """,  # noqa: E501
)

INGEST_FILES = describe(
    "ingest_files",
    "One row per file of the latest load of each source but audio, so that a change "
    "is seen file by file.",
    """
    run_id BIGINT The load, in ingest_runs.
    source VARCHAR As in ingest_runs.
    path VARCHAR Absolute path; escaped where it is not UTF-8.
    size_bytes BIGINT Size of the file.
    modified_at TIMESTAMPTZ Time of the file's last change.
    status VARCHAR 'loaded', or 'set aside' where nothing of it could be read.
    """,
)
