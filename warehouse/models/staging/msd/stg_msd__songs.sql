with

source as (

    select * from {{ source('msd', 'msd_songs') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        track_id,
        song_id,
        artist_id,
        artist_mbid,
        track_7digitalid as sevendigital_id,
        release_7digitalid as release_sevendigital_id,
        artist_7digitalid as artist_sevendigital_id,
        artist_playmeid as artist_playme_id,

        ----------  text
        title,
        artist_name,
        release,
        artist_location,
        genre,
        analyzer_version,
        audio_md5,
        source_file,

        ----------  numerics
        year,
        duration as duration_seconds,
        end_of_fade_in as end_of_fade_in_seconds,
        start_of_fade_out as start_of_fade_out_seconds,
        tempo as tempo_bpm,
        loudness as loudness_db,
        danceability,
        energy,
        key,
        key_confidence,
        mode,
        mode_confidence,
        time_signature,
        time_signature_confidence,
        analysis_sample_rate,
        song_hotttnesss,
        artist_hotttnesss,
        artist_familiarity,
        artist_latitude,
        artist_longitude

    from source

)

select * from renamed
