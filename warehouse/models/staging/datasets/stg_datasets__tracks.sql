with

source as (

    select * from {{ source('datasets', 'dataset_tracks') }}

),

renamed as (

    select
        ----------  ids
        source,
        track_id,
        artist_id,
        album_id,

        ----------  text
        title,
        artist_name,
        album_name as release,
        path as clip_path,
        split,

        ----------  numerics
        duration as duration_seconds

    from source

)

select * from renamed
