"""The songs of the Million Song Dataset."""

from ingest.tables.schema import describe

MSD_SONGS = describe(
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

MSD_ARTIST_TERMS = describe(
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

MSD_ARTIST_MBTAGS = describe(
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
