with

source as (

    select * from {{ source('lastfm', 'lastfm_tags') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        tag_rowid,

        ----------  text
        tag,
        tag_nfkc

    from source

)

select * from renamed
