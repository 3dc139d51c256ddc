with

source as (

    select * from {{ source('msd', 'msd_artist_terms') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        track_id,
        position,

        ----------  text
        term,

        ----------  numerics
        frequency,
        weight

    from source

)

select * from renamed
