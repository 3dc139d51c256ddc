{{ config(materialized="table") }}
{#- A clean database of 2019 numbers its tags by their rows, genres by rank first. -#}
{%- set is_clean = var('tags_are_clean_v1') -%}

with

tags as (

    select * from {{ ref('stg_lastfm__tags') }}

),

track_tags as (

    select * from {{ ref('stg_lastfm__track_tags') }}

),

rejected as (

    select distinct tag from {{ ref('tags_v1_rejected') }}

),

pairs_per_row as (

    select
        source,
        tag_rowid,
        count(*) as n_pairs

    from track_tags
    group by all

),

-- The same text can stand in two rows of the source.
counted as (

    select
        tags.source,
        tags.tag,
        min(tags.tag_rowid) as tag_rowid,
        coalesce(sum(pairs_per_row.n_pairs), 0)::bigint as n_pairs

    from tags
    left join pairs_per_row
        on
            tags.source = pairs_per_row.source
            and tags.tag_rowid = pairs_per_row.tag_rowid
    where tags.tag is not null
    group by tags.source, tags.tag

),

judged as (

    select
        ----------  ids
        counted.source,
        counted.tag,

        ----------  numerics
        counted.n_pairs,
        row_number() over (
            order by
                {{ "counted.tag_rowid asc," if is_clean }}
                counted.n_pairs desc,
                counted.tag asc,
                counted.source asc
        ) as tag_rank,

        ----------  booleans
        rejected.tag is not null and {{ not is_clean }} as is_rejected,
        counted.n_pairs >= {{ 0 if is_clean else var('tag_target_min_count') }}
            as is_frequent,
        counted.n_pairs >= {{ var('tag_pool_min_count') }} as is_countable

    from counted
    left join rejected on counted.tag = rejected.tag

),

pooled as (

    select
        * {{ without('is_frequent, is_countable') }},
        is_frequent and not is_rejected as is_target,
        (is_countable or is_frequent) and not is_rejected as is_in_pool

    from judged

)

select * from pooled
