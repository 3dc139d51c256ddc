with

source as (

    select * from {{ source('msd', 'msd_cliques') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        clique_number,
        position,
        track_id,
        artist_id,
        performance_id,
        work_ids,

        ----------  text
        clique_title,
        source_file

    from source

)

select * from renamed
