with

source as (

    select * from {{ source('lastfm', 'lastfm_tracks') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        track_id,

        ----------  text
        title,
        artist_name,
        source_file,

        ----------  timestamps
        try_cast(timestamp as timestamp) as asked_at

    from source

)

select * from renamed
