{#- Body of tag_cooccurrence: every ordered pair of clean tags that meet on a track. -#}
{% macro tag_cooccurrence(version) %}
with

track_tags as (

    select * from {{ ref('track_tags', v=version) }}

),

tag_counts as (

    select
        tag,
        count(*) as n_tracks,
        (row_number() over (order by tag asc))::integer as tag_number

    from track_tags
    group by tag

),

tracks as (

    select
        count(*) as n_tracks

    from (
        select distinct
            source,
            track_id
        from track_tags
    )

),

-- lists of numbers: a join of the texts to themselves takes four times as long
track_lists as (

    select array_agg(tag_counts.tag_number) as tag_numbers
    from track_tags
    inner join tag_counts on track_tags.tag = tag_counts.tag
    group by track_tags.source, track_tags.track_id

),

first_tags as (

    select
        {{ unnested('tag_numbers') }} as number_a,
        tag_numbers

    from track_lists

),

tag_pairs as (

    select
        number_a,
        {{ unnested('tag_numbers') }} as number_b

    from first_tags

),

pair_counts as (

    select
        number_a,
        number_b,
        count(*) as n_both

    from tag_pairs
    where number_a < number_b
    group by number_a, number_b

),

both_ways as (

    select * from pair_counts

    union all

    select
        number_b,
        number_a,
        n_both

    from pair_counts

),

cooccurrence as (

    select
        ----------  ids
        tags_a.tag as tag_a,
        tags_b.tag as tag_b,

        ----------  numerics
        tags_a.n_tracks as n_a,
        tags_b.n_tracks as n_b,
        both_ways.n_both,
        both_ways.n_both / (tags_a.n_tracks + tags_b.n_tracks - both_ways.n_both)
            as jaccard,
        both_ways.n_both * (select tracks.n_tracks from tracks)
        / (tags_a.n_tracks * tags_b.n_tracks) as lift,
        both_ways.n_both / tags_b.n_tracks as p_a_given_b,
        both_ways.n_both / tags_a.n_tracks as p_b_given_a

    from both_ways
    inner join tag_counts as tags_a on both_ways.number_a = tags_a.tag_number
    inner join tag_counts as tags_b on both_ways.number_b = tags_b.tag_number

)

select * from cooccurrence
{% endmacro %}
