with

source as (

    select * from {{ source('audio', 'audio_silences') }}

),

renamed as (

    select
        ----------  ids
        path,
        threshold_db,
        interval_number,

        ----------  numerics
        start_seconds,
        end_seconds

    from source

)

select * from renamed
