with

songs as (

    select * from {{ ref('stg_msd__songs') }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

),

dataset_songs as (

    select * from {{ ref('dataset_songs') }}

),

matches as (

    select * from {{ ref('match_verdicts') }}

),

tagged_rows as (

    select
        source,
        tid_rowid,
        count(*) as n_raw_tags

    from {{ ref('stg_lastfm__track_tags') }}
    group by source, tid_rowid

),

lastfm_tracks as (

    select * from {{ ref('stg_lastfm__tracks') }}

),

tagged_tracks as (

    select
        lastfm_tracks.source,
        lastfm_tracks.track_id,
        sum(tagged_rows.n_raw_tags) as n_raw_tags

    from lastfm_tracks
    inner join tagged_rows
        on
            lastfm_tracks.source = tagged_rows.source
            and lastfm_tracks.tid_rowid = tagged_rows.tid_rowid
    group by lastfm_tracks.source, lastfm_tracks.track_id

),

-- the same song may stand in several source files; few do, and only these are sorted.
-- The view is read anew each time: as a CTE, all of it would be held in memory.
repeated_songs as (

    select
        source,
        track_id

    from {{ ref('stg_msd__songs') }}
    group by source, track_id
    having count(*) > 1

),

distinct_songs as (

    select songs.*
    from songs
    anti join repeated_songs
        on
            songs.source = repeated_songs.source
            and songs.track_id = repeated_songs.track_id

    union all

    select songs.*
    from {{ ref('stg_msd__songs') }} as songs
    semi join repeated_songs
        on
            songs.source = repeated_songs.source
            and songs.track_id = repeated_songs.track_id
    qualify row_number() over (
        partition by songs.source, songs.track_id
        order by
            songs.source_file asc nulls last,
            songs.song_id asc nulls last,
            songs.sevendigital_id asc nulls last
    ) = 1

),

named_songs as (

    select
        *,
        {{ normalised_name('artist_name') }} as normalised_artist,
        {{ normalised_name('title') }} as normalised_title

    from distinct_songs

),

all_songs as (

    select
        named_songs.source,
        named_songs.track_id,
        named_songs.song_id,
        named_songs.artist_id,
        named_songs.artist_mbid,
        coalesce(
            named_songs.artist_id,
            named_songs.normalised_artist,
            named_songs.track_id
        ) as artist_key,
        named_songs.sevendigital_id,
        named_songs.release_sevendigital_id,
        named_songs.artist_sevendigital_id,
        named_songs.title,
        named_songs.artist_name,
        named_songs.release,
        named_songs.artist_location,
        named_songs.normalised_title,
        named_songs.normalised_artist,
        named_songs.year,
        named_songs.duration_seconds,
        named_songs.tempo_bpm,
        named_songs.loudness_db,
        named_songs.key,
        named_songs.key_confidence,
        named_songs.mode,
        named_songs.mode_confidence,
        named_songs.time_signature,
        named_songs.time_signature_confidence,
        named_songs.song_hotttnesss,
        named_songs.artist_hotttnesss,
        named_songs.artist_familiarity,
        named_songs.artist_latitude,
        named_songs.artist_longitude,
        coalesce(tagged_tracks.n_raw_tags, 0)::bigint as n_raw_tags

    from named_songs
    left join tagged_tracks
        on
            named_songs.source = tagged_tracks.source
            and named_songs.track_id = tagged_tracks.track_id

    union all

    select
        source,
        track_id,
        null as song_id,
        artist_id,
        null as artist_mbid,
        artist_key,
        null as sevendigital_id,
        null as release_sevendigital_id,
        null as artist_sevendigital_id,
        title,
        artist_name,
        release,
        null as artist_location,
        normalised_title,
        normalised_artist,
        null as year,
        duration_seconds,
        null as tempo_bpm,
        null as loudness_db,
        null as key,
        null as key_confidence,
        null as mode,
        null as mode_confidence,
        null as time_signature,
        null as time_signature_confidence,
        null as song_hotttnesss,
        null as artist_hotttnesss,
        null as artist_familiarity,
        null as artist_latitude,
        null as artist_longitude,
        n_raw_tags

    from dataset_songs

),

joined as (

    select
        ----------  ids
        all_songs.source,
        all_songs.track_id,
        all_songs.song_id,
        all_songs.artist_id,
        all_songs.artist_mbid,
        all_songs.artist_key,
        all_songs.sevendigital_id,
        all_songs.release_sevendigital_id,
        all_songs.artist_sevendigital_id,
        matches.path,
        files.content_sha256,
        files.sound_sha256,

        ----------  text
        all_songs.title,
        all_songs.artist_name,
        all_songs.release,
        all_songs.artist_location,
        all_songs.normalised_title,
        all_songs.normalised_artist,
        files.codec,
        files.bit_rate_mode,
        files.status as audio_status,
        files.error as audio_error,

        ----------  numerics of the song
        all_songs.year,
        (all_songs.year - all_songs.year % 10) || 's' as decade,
        all_songs.duration_seconds,
        all_songs.tempo_bpm,
        all_songs.loudness_db,
        all_songs.key,
        all_songs.key_confidence,
        all_songs.mode,
        all_songs.mode_confidence,
        all_songs.time_signature,
        all_songs.time_signature_confidence,
        all_songs.song_hotttnesss,
        all_songs.artist_hotttnesss,
        all_songs.artist_familiarity,
        all_songs.artist_latitude,
        all_songs.artist_longitude,
        all_songs.n_raw_tags,

        ----------  numerics of the clip
        files.size_bytes,
        files.sample_rate,
        files.channels,
        files.bit_rate,
        files.header_seconds,
        files.decoded_seconds,
        files.peak,
        files.rms,
        files.loudest_frame_db,
        files.clipped_share,
        files.dc_offset,
        files.channel_correlation,
        files.bandwidth_hz

    from all_songs
    left join matches
        on
            all_songs.source = matches.source
            and all_songs.track_id = matches.track_id
    left join files on matches.path = files.path

)

select * from joined
