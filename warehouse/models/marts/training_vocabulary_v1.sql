with

tags as (

    select * from {{ ref('tags', v=1) }}
    where n_tracks > 0

),

selected as (

    select
        *,
        row_number() over (order by rank asc) <= {{ var('vocabulary_size') }}
            as is_frequent

    from tags

),

vocabulary as (

    select
        row_number() over (order by rank asc) - 1 as position,
        tag,
        category,
        n_tracks

    from selected
    where
        (is_frequent or {{ is_listed('tag', var('vocabulary_with')) }})
        and not {{ is_listed('tag', var('vocabulary_without')) }}

)

select * from vocabulary
