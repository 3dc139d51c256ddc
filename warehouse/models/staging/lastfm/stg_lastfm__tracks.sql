with

source as (

    select * from {{ source('lastfm', 'lastfm_tids') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        tid_rowid,
        tid as track_id

    from source

)

select * from renamed
