with

source as (

    select * from {{ source('audio', 'audio_files') }}

),

named as (

    select
        *,
        split_part(path, '/', -1) as file_name

    from source

),

renamed as (

    select
        ----------  ids
        path,
        dataset,
        -- 1234567.clip.mp3, as 7digital named its previews
        try_cast(
            regexp_extract(file_name, '^([0-9]+)(?:\.clip)?\.[^.]+$', 1) as bigint
        ) as sevendigital_id,
        nullif(regexp_extract(file_name, '^TR[A-Z0-9]{16}', 0), '') as track_id,
        content_sha256,
        sound_sha256,

        ----------  text
        file_name,
        container,
        codec,
        bit_rate_mode,
        status,
        error,

        ----------  numerics
        size_bytes,
        sample_rate,
        channels,
        bit_rate,
        header_seconds,
        decoded_seconds,
        decoded_samples,
        peak,
        rms,
        loudest_frame_db,
        clipped_share,
        dc_offset,
        channel_correlation,
        bandwidth_hz,
        silence_thresholds_db,

        ----------  timestamps
        modified_at,
        scanned_at,

        ----------  bytes
        path_bytes

    from named

)

select * from renamed
