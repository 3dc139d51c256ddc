with

source as (

    select * from {{ source('lastfm', 'lastfm_tid_tag') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        tid_rowid,
        tag_rowid,

        ----------  numerics
        val as weight

    from source

)

select * from renamed
