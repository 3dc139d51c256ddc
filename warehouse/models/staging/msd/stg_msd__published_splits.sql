with

source as (

    select * from {{ source('msd', 'published_splits') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        split_scheme,
        track_id,

        ----------  text
        split,

        ----------  numerics
        position

    from source

)

select * from renamed
