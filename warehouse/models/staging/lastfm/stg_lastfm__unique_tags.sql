with

source as (

    select * from {{ source('lastfm', 'lastfm_unique_tags') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        line_number,

        ----------  text
        tag,
        tag_nfkc,

        ----------  numerics
        count as n_tracks

    from source

)

select * from renamed
