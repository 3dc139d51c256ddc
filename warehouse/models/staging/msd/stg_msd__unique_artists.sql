with

source as (

    select * from {{ source('msd', 'msd_unique_artists') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        line_number,
        artist_id,
        artist_mbid,
        track_id,

        ----------  text
        artist_name

    from source

)

select * from renamed
