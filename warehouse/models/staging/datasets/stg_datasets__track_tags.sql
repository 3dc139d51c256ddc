with

source as (

    select * from {{ source('datasets', 'dataset_tags') }}

),

renamed as (

    select
        ----------  ids
        source,
        track_id,

        ----------  text
        category,
        -- one text, as MTG-Jamendo writes it: the same word may have two categories
        if(category is null, tag, category || '---' || tag) as tag,
        tag_nfkc,

        ----------  numerics
        weight

    from source

)

select * from renamed
