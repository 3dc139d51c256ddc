with

source as (

    select * from {{ source('msd', 'msd_unique_tracks') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        line_number,
        track_id,
        song_id,

        ----------  text
        artist_name,
        title

    from source

)

select * from renamed
