"""The raw tables: what ingest writes and the warehouse's staging models read.

Each table is described once, here; the comments travel into the DuckDB file.
"""

from dataclasses import dataclass

import duckdb

SCHEMA = "raw"


@dataclass(frozen=True)
class Column:
    """A column: its name, DuckDB type and what it holds."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table of the schema ``raw``."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """Name with its schema."""
        return f"{SCHEMA}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self.columns]


def _table(name: str, comment: str, columns: str) -> Table:
    """Parse lines of ``name TYPE comment``."""
    parsed = (line.strip().split(maxsplit=2) for line in columns.strip().splitlines())
    return Table(name, comment, tuple(Column(*parts) for parts in parsed))


INGEST_RUNS = _table(
    "ingest_runs",
    "One row per load that was tried: what, from where, when and how it ended.",
    """
    run_id BIGINT Number of the run, from 1.
    source VARCHAR 'msd', 'lastfm', 'mismatches', 'duplicates', 'splits' or 'audio'.
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
    """,  # noqa: E501
)

ROWS_SET_ASIDE = _table(
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

MSD_SONGS = _table(
    "msd_songs",
    "One row per song of the Million Song Dataset files: all scalar fields of "
    "/metadata/songs, /analysis/songs and /musicbrainz/songs. Missing values are "
    "NULL; the rule is in each column's comment.",
    """
    track_id VARCHAR MSD track id: TR and 16 of A-Z0-9.
    song_id VARCHAR Echo Nest song id: SO and 16 of A-Z0-9; several tracks can share one. NULL where empty.
    title VARCHAR Title of the song; NULL where empty.
    release VARCHAR Album; NULL where empty.
    artist_id VARCHAR Echo Nest artist id: AR and 16 of A-Z0-9; NULL where empty.
    artist_mbid VARCHAR MusicBrainz id of the artist; NULL where empty.
    artist_name VARCHAR Artist; NULL where empty.
    artist_location VARCHAR Place of the artist in words; NULL where empty.
    track_7digitalid INTEGER 7digital id of the track, which names its clip; NULL where 0 or negative.
    release_7digitalid INTEGER 7digital id of the album; NULL where 0 or negative.
    artist_7digitalid INTEGER 7digital id of the artist; NULL where 0 or negative.
    artist_playmeid INTEGER playme.com id of the artist; NULL where 0 or negative (-1 means unknown).
    year INTEGER Year of the song by MusicBrainz; NULL where 0.
    key INTEGER Key of the song, 0 = C to 11 = B; NULL where negative.
    mode INTEGER 0 = minor, 1 = major; NULL where negative.
    time_signature INTEGER Beats in a bar, as estimated; NULL where negative.
    analysis_sample_rate INTEGER Sample rate of the analysed audio, Hz; NULL where 0 or negative.
    duration DOUBLE Length of the analysed audio, seconds; NULL where not a number.
    tempo DOUBLE Tempo, beats a minute; 0 (none found) is kept; NULL where not a number.
    loudness DOUBLE Loudness of the song, dB; NULL where not a number.
    danceability DOUBLE Estimate of 0 to 1; NULL where 0 (not computed) or not a number.
    energy DOUBLE Estimate of 0 to 1; NULL where 0 (not computed) or not a number.
    end_of_fade_in DOUBLE Seconds from the start; NULL where not a number.
    start_of_fade_out DOUBLE Seconds from the start, sometimes later than duration; NULL where not a number.
    key_confidence DOUBLE Confidence of key, 0 to 1; NULL where not a number.
    mode_confidence DOUBLE Confidence of mode, 0 to 1; NULL where not a number.
    time_signature_confidence DOUBLE Confidence of time_signature, 0 to 1; NULL where not a number.
    artist_familiarity DOUBLE Familiarity of the artist, 0 to 1; NULL where not a number.
    artist_hotttnesss DOUBLE Hotttnesss of the artist in December 2010, 0 to 1; NULL where not a number.
    artist_latitude DOUBLE Latitude of the artist, degrees; NULL where not a number.
    artist_longitude DOUBLE Longitude of the artist, degrees; NULL where not a number.
    song_hotttnesss DOUBLE Hotttnesss of the song in December 2010, 0 to 1; NULL where not a number.
    genre VARCHAR Always empty in the MSD as published; NULL where empty.
    analyzer_version VARCHAR Always empty in the MSD as published; NULL where empty.
    audio_md5 VARCHAR MD5 of the analysed audio; NULL where empty.
    source_file VARCHAR Path of the HDF5 file that the row comes from.
    """,  # noqa: E501
)

MSD_ARTIST_TERMS = _table(
    "msd_artist_terms",
    "One row per Echo Nest term of a song's artist, where the files hold them (song "
    "and aggregate files do, the summary file does not).",
    """
    track_id VARCHAR MSD track id, as in msd_songs.
    position BIGINT Place in the song's list, from 1.
    term VARCHAR The term.
    frequency DOUBLE Frequency of the term, 0 to 1.
    weight DOUBLE Weight of the term, 0 to 1.
    """,
)

MSD_ARTIST_MBTAGS = _table(
    "msd_artist_mbtags",
    "One row per MusicBrainz tag of a song's artist, where the files hold them (song "
    "and aggregate files do, the summary file does not).",
    """
    track_id VARCHAR MSD track id, as in msd_songs.
    position BIGINT Place in the song's list, from 1.
    tag VARCHAR The tag.
    count INTEGER How often it was given.
    """,
)

LASTFM_TIDS = _table(
    "lastfm_tids",
    "One row per track of lastfm_tags.db, table tids.",
    """
    tid_rowid BIGINT SQLite ROWID in tids, which lastfm_tid_tag points at.
    tid VARCHAR MSD track id.
    """,
)

LASTFM_TAGS = _table(
    "lastfm_tags",
    "One row per tag of lastfm_tags.db, table tags.",
    """
    tag_rowid BIGINT SQLite ROWID in tags, which lastfm_tid_tag points at.
    tag VARCHAR The tag exactly as given.
    tag_nfkc VARCHAR NFKC(casefold(NFKC(tag))), without U+0307 after i.
    """,
)

LASTFM_TID_TAG = _table(
    "lastfm_tid_tag",
    "One row per pair of track and tag of lastfm_tags.db, table tid_tag.",
    """
    tid_rowid BIGINT The track, in lastfm_tids.
    tag_rowid BIGINT The tag, in lastfm_tags.
    val DOUBLE 0 to 100; 100 for the most given tag of the track, 0 for less than half a percent; NULL where the source has none.
    """,  # noqa: E501
)

MSD_MISMATCHES = _table(
    "msd_mismatches",
    "One row per line of sid_mismatches.txt: tracks that were matched to a wrong song.",
    """
    line_number BIGINT Line in the file, from 1.
    song_id VARCHAR Echo Nest song id.
    track_id VARCHAR MSD track id.
    song_artist VARCHAR Artist of the song; NULL where empty.
    song_title VARCHAR Title of the song; NULL where empty.
    track_artist VARCHAR Artist of the track; NULL where empty.
    track_title VARCHAR Title of the track; NULL where empty.
    line VARCHAR The whole line as found.
    """,
)

MSD_DUPLICATES = _table(
    "msd_duplicates",
    "One row per track of a group of msd_duplicates.txt: tracks that are one song.",
    """
    group_number BIGINT Order of the group in the file, from 1.
    group_label VARCHAR The group's header after its number: artist and title.
    position BIGINT Place in the group, from 1.
    track_id VARCHAR MSD track id.
    """,
)

PUBLISHED_SPLITS = _table(
    "published_splits",
    "One row per track of a published split, in the order of its file.",
    """
    split_scheme VARCHAR Name of the split, as in lyre.toml.
    split VARCHAR 'train', 'validation' or 'test'.
    position BIGINT Line or array index in the file, from 1.
    track_id VARCHAR MSD track id.
    """,
)

AUDIO_FILES = _table(
    "audio_files",
    "One row per audio file found under the audio root, with what was measured in it.",
    """
    path VARCHAR Relative to the audio root, with '/'; escaped where the name is not UTF-8.
    path_bytes BLOB The name's bytes where they are not UTF-8; NULL otherwise.
    size_bytes BIGINT Size of the file.
    modified_at TIMESTAMPTZ Time of the file's last change.
    content_sha256 VARCHAR SHA-256 of the file's bytes.
    container VARCHAR Container format found in the content.
    codec VARCHAR Audio codec found in the content.
    sample_rate INTEGER Samples a second, Hz.
    channels INTEGER Number of channels.
    bit_rate INTEGER Bits a second, by the header.
    bit_rate_mode VARCHAR 'CBR', 'VBR' or 'ABR'; NULL where unknown.
    header_seconds DOUBLE Length that the header promises, seconds; NULL: no header.
    decoded_seconds DOUBLE Length that was decoded, seconds.
    decoded_samples BIGINT Frames (samples per channel) that were decoded.
    sound_sha256 VARCHAR SHA-256 of the decoded samples: equal sound, equal hash.
    peak DOUBLE Largest absolute sample of all channels; full scale is 1.
    rms DOUBLE Root mean square of the samples; full scale is 1.
    loudest_frame_db DOUBLE Level of the loudest frame of the mono mix, dBFS RMS; -200 for digital silence; NULL: no samples.
    clipped_share DOUBLE Share of samples at full scale, 0 to 1.
    dc_offset DOUBLE Mean of the samples; full scale is 1.
    channel_correlation DOUBLE Correlation of left and right, -1 to 1; NULL for mono.
    bandwidth_hz DOUBLE Highest frequency with content, Hz.
    silence_thresholds_db DOUBLE[] Thresholds for which audio_silences was filled, in order; NULL: not measured.
    status VARCHAR 'ok', 'empty', 'unreadable', 'partial', 'crashed', 'timeout', 'listed' or 'vanished'.
    error VARCHAR What went wrong; NULL where nothing did.
    scanned_at TIMESTAMPTZ When the file was measured.
    """,  # noqa: E501
)

AUDIO_SILENCES = _table(
    "audio_silences",
    "One row per silent interval of a clip and threshold, those at both ends "
    "included; sound is what lies between, within decoded_seconds.",
    """
    path VARCHAR The clip, in audio_files.
    threshold_db DOUBLE Decibels below the loudest frame at which a frame is silent.
    interval_number BIGINT Order in the clip, from 1.
    start_seconds DOUBLE Start of the silence, seconds from the clip's start.
    end_seconds DOUBLE End of the silence, seconds from the clip's start.
    """,
)

TABLES = (
    INGEST_RUNS,
    ROWS_SET_ASIDE,
    MSD_SONGS,
    MSD_ARTIST_TERMS,
    MSD_ARTIST_MBTAGS,
    LASTFM_TIDS,
    LASTFM_TAGS,
    LASTFM_TID_TAG,
    MSD_MISMATCHES,
    MSD_DUPLICATES,
    PUBLISHED_SPLITS,
    AUDIO_FILES,
    AUDIO_SILENCES,
)


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the raw tables that are missing, empty and with comments.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection that may write, outside of a transaction.
    """
    found = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ?", [SCHEMA]
    ).fetchall()
    there = {name for (name,) in found}
    missing = [table for table in TABLES if table.name not in there]
    if missing:
        # One transaction: each statement alone would wait for the disk.
        connection.execute("begin transaction")
        connection.execute(f"create schema if not exists {SCHEMA}")
        for table in missing:
            replace_table(connection, table)
        connection.execute("commit")


def replace_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Put an empty table in the place of the old one; a rollback brings that back."""
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    name = table.full_name
    connection.execute(f"create or replace table {name} ({columns})")
    connection.execute(f"comment on table {name} is {_quoted(table.comment)}")
    for column in table.columns:
        connection.execute(
            f'comment on column {name}."{column.name}" is {_quoted(column.comment)}'
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
