with

source as (

    select * from {{ source('lastfm', 'lastfm_similars') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        track_id,
        position,
        similar_track_id,

        ----------  numerics
        score as similarity

    from source

)

select * from renamed
