with

source as (

    select * from {{ source('msd', 'msd_duplicates') }}

),

renamed as (

    select
        ----------  ids
        'msd' as source,
        group_number,
        position,
        track_id,

        ----------  text
        group_label

    from source

)

select * from renamed
