with

source as (

    select * from {{ source('msd', 'msd_artist_mbtags') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        track_id,
        position,

        ----------  text
        tag,

        ----------  numerics
        count as n_given

    from source

)

select * from renamed
