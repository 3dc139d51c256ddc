"""Tracks and tags of other data sets and of people's own collections, in one form."""

from ingest.tables.schema import describe

DATASET_TRACKS = describe(
    "dataset_tracks",
    "One row per track of a data set other than the MSD; all such data sets share "
    "this table, each under its own source.",
    """
    source VARCHAR Name of the data set, as in ingest_runs.
    track_id VARCHAR Id of the track in the data set; its path where it has none.
    artist_id VARCHAR Id of the artist; NULL where unknown.
    artist_name VARCHAR Artist; NULL where unknown.
    album_id VARCHAR Id of the album; NULL where unknown.
    album_name VARCHAR Album; NULL where unknown.
    title VARCHAR Title; NULL where unknown.
    path VARCHAR Audio file, relative to the data set's audio folder, with '/'.
    duration DOUBLE Length that the data set states, seconds; NULL where it does not.
    split VARCHAR 'train', 'validation' or 'test', as published; NULL where it is not.
    """,
)

DATASET_TAGS = describe(
    "dataset_tags",
    "One row per track and tag of a data set other than the MSD.",
    """
    source VARCHAR Name of the data set, as in dataset_tracks.
    track_id VARCHAR The track, in dataset_tracks.
    category VARCHAR Kind of tag, such as 'genre', as the data set names it; NULL: none.
    tag VARCHAR The tag exactly as given, without its category.
    tag_nfkc VARCHAR NFKC(casefold(NFKC(tag))), without U+0307 after i.
    weight DOUBLE Weight as given; NULL where the data set only says that it is there.
    """,
)
