-- noqa: disable=PRS,RF02
{# 2019's --exp: one pass over the links in the order of the tags' numbers, each on
    the labels as changed so far. #}
{% set mode = var('repair_labels_v1') %}
with

track_tags as (

    select * from {{ ref('track_tags', v=1) }}
    where {{ mode is not none }}

),

cooccurrence as (

    select * from {{ ref('tag_cooccurrence', v=1) }}
    where
        {{ mode is not none }}
        and p_b_given_a > {{ var('repair_min_share_v1') }}

),

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=1) }}

),

tag_pool as (

    select * from {{ ref('tag_pool', v=1) }}

),

tag_numbers as (

    {{ tag_ranks_v1() }}

),

links as (

    select
        cooccurrence.tag_a,
        cooccurrence.tag_b,
        cooccurrence.tag_a || ' means ' || cooccurrence.tag_b
        || printf(' (%.3f of %d)', cooccurrence.p_b_given_a, cooccurrence.n_a)
            as evidence,
        row_number() over (
            order by
                numbers_a.vocal_rank asc nulls first,
                numbers_a.genre_rank asc nulls last,
                numbers_b.vocal_rank asc nulls first,
                numbers_b.genre_rank asc nulls last
        ) as link_number

    from cooccurrence
    inner join tag_numbers as numbers_a on cooccurrence.tag_a = numbers_a.tag
    inner join tag_numbers as numbers_b on cooccurrence.tag_b = numbers_b.tag

),

-- a link and the state before it have one type, as list_reduce wants
passes as (

    select
        array_agg(tag_a) as tags_a,
        {{ link_list() }} as links

    from links

),

track_lists as (

    select
        source,
        track_id,
        {{ ordered_list('tag', 'tag') }} as tags

    from track_tags
    group by source, track_id

),

repaired as (

    select
        track_lists.source,
        track_lists.track_id,
        {{ repaired_tags(mode) }}['changes'] as changes

    from track_lists
    inner join passes on {{ has_any('track_lists.tags', 'passes.tags_a') }}

),

unnested as (

    select
        source,
        track_id,
        {{ unnested('changes') }} as change

    from repaired

),

label_changes as (

    select
        source,
        track_id,
        change['tag'] as tag,
        '{{ "added" if mode == "add" else "removed" }}' as change,
        'repair_{{ mode }}' as rule,
        1 as version,
        change['evidence'] as evidence

    from unnested

)

select * from label_changes
