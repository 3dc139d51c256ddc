with

source as (

    select * from {{ source('msd', 'msd_mismatches') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        line_number,
        track_id,
        song_id,

        ----------  text
        song_artist,
        song_title,
        track_artist,
        track_title,
        line

    from source

)

select * from renamed
