with

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=1) }}

),

tag_pool as (

    select * from {{ ref('tag_pool', v=1) }}

),

tag_ranks as (

    {{ tag_ranks_v1() }}

),

numbered as (

    select
        tag,
        row_number() over (
            order by
                vocal_rank asc nulls first,
                genre_rank asc nulls last,
                tag asc
        ) as number

    from tag_ranks

)

select * from numbered
