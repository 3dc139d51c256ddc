"""The MSD's text lists and published splits."""

from ingest.tables.schema import describe

MSD_MISMATCHES = describe(
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

MSD_DUPLICATES = describe(
    "msd_duplicates",
    "One row per track of a group of msd_duplicates.txt: tracks that are one song.",
    """
    group_number BIGINT Order of the group in the file, from 1.
    group_label VARCHAR The group's header after its number: artist and title.
    position BIGINT Place in the group, from 1.
    track_id VARCHAR MSD track id.
    """,
)

PUBLISHED_SPLITS = describe(
    "published_splits",
    "One row per track of a published split, in the order of its file.",
    """
    split_scheme VARCHAR Name of the split, as in lyre.toml.
    split VARCHAR 'train', 'validation' or 'test'.
    position BIGINT Line or array index in the file, from 1.
    track_id VARCHAR MSD track id.
    """,
)

MSD_UNIQUE_TRACKS = describe(
    "msd_unique_tracks",
    "One row per line of unique_tracks.txt: every track with its song and names.",
    """
    line_number BIGINT Line in the file, from 1.
    track_id VARCHAR MSD track id.
    song_id VARCHAR Echo Nest song id.
    artist_name VARCHAR Artist; NULL where empty.
    title VARCHAR Title; NULL where empty.
    """,
)

MSD_UNIQUE_ARTISTS = describe(
    "msd_unique_artists",
    "One row per line of unique_artists.txt: every artist with one of its tracks.",
    """
    line_number BIGINT Line in the file, from 1.
    artist_id VARCHAR Echo Nest artist id.
    artist_mbid VARCHAR MusicBrainz id of the artist; NULL where empty.
    track_id VARCHAR MSD track id of one track of the artist.
    artist_name VARCHAR Artist; NULL where empty.
    """,
)

MSD_CLIQUES = describe(
    "msd_cliques",
    "One row per track of a clique of second-hand songs: versions of one work.",
    """
    clique_number BIGINT Order of the clique, from 1, over all files.
    work_ids BIGINT[] Works at secondhandsongs.com; negative numbers are the list's own.
    clique_title VARCHAR Title of one of its songs; NULL where empty.
    position BIGINT Place in the clique, from 1.
    track_id VARCHAR MSD track id.
    artist_id VARCHAR Echo Nest artist id.
    performance_id BIGINT Performance at secondhandsongs.com; NULL where there is none.
    source_file VARCHAR Path of the list.
    """,
)
