"""The Last.fm tags and similar tracks."""

from ingest.tables.schema import describe

LASTFM_TIDS = describe(
    "lastfm_tids",
    "One row per track of lastfm_tags.db, table tids.",
    """
    tid_rowid BIGINT SQLite ROWID in tids, which lastfm_tid_tag points at.
    tid VARCHAR MSD track id.
    """,
)

LASTFM_TAGS = describe(
    "lastfm_tags",
    "One row per tag of lastfm_tags.db, table tags.",
    """
    tag_rowid BIGINT SQLite ROWID in tags, which lastfm_tid_tag points at.
    tag VARCHAR The tag exactly as given.
    tag_nfkc VARCHAR NFKC(casefold(NFKC(tag))), without U+0307 after i.
    """,
)

LASTFM_TID_TAG = describe(
    "lastfm_tid_tag",
    "One row per pair of track and tag of lastfm_tags.db, table tid_tag.",
    """
    tid_rowid BIGINT The track, in lastfm_tids.
    tag_rowid BIGINT The tag, in lastfm_tags.
    val DOUBLE 0 to 100; 100 for the most given tag of the track, 0 for less than half a percent; NULL where the source has none.
    """,  # noqa: E501
)

LASTFM_SIMILARS = describe(
    "lastfm_similars",
    "One row per pair of a track and one like it, from the JSON files of Last.fm.",
    """
    track_id VARCHAR MSD track id.
    similar_track_id VARCHAR MSD track id of a track like it.
    score DOUBLE How much alike, 0 to 1.
    position BIGINT Place in the track's list, from 1.
    """,
)

LASTFM_TRACKS = describe(
    "lastfm_tracks",
    "One row per track of the JSON files of Last.fm, also of those without a tag, "
    "which are not in lastfm_tids.",
    """
    track_id VARCHAR MSD track id.
    artist_name VARCHAR Artist; NULL where empty.
    title VARCHAR Title; NULL where empty.
    timestamp VARCHAR When Last.fm was asked, as given; NULL where empty.
    source_file VARCHAR Path of the file.
    """,
)

LASTFM_UNIQUE_TAGS = describe(
    "lastfm_unique_tags",
    "One row per line of lastfm_unique_tags.txt: the tags of the whole data set.",
    """
    line_number BIGINT Line in the file, from 1.
    tag VARCHAR The tag exactly as given.
    tag_nfkc VARCHAR NFKC(casefold(NFKC(tag))), without U+0307 after i.
    count BIGINT Tracks that have the tag, by the list; NULL where it does not say.
    """,
)
