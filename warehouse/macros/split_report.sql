{#- Body of split_report: how evenly the splits share the tracks and the tags. -#}
{% macro split_report(version) %}
with

training_set as (

    select * from {{ ref('training_set', v=version) }}

),

vocabulary as (

    select tag from {{ ref('training_vocabulary', v=version) }}

),

split_sizes as (

    select
        splits.split,
        count(training_set.track_id) as n_split_tracks,
        count(distinct training_set.artist_key) as n_split_artists,
        sum(count(training_set.track_id)) over () as n_all_tracks

    from (values ('train'), ('validation'), ('test')) as splits (split)
    left join training_set on splits.split = training_set.split
    group by splits.split

),

positives as (

    select
        split,
        {{ unnested('labels') }} as tag

    from training_set

),

tag_counts as (

    select
        split,
        tag,
        count(*) as n_tracks

    from positives
    group by split, tag

),

counted as (

    select
        vocabulary.tag,
        split_sizes.split,
        split_sizes.n_split_tracks,
        split_sizes.n_split_artists,
        split_sizes.n_all_tracks,
        coalesce(tag_counts.n_tracks, 0) as n_tracks,
        sum(coalesce(tag_counts.n_tracks, 0)) over (partition by vocabulary.tag)
            as n_tag_tracks

    from vocabulary
    cross join split_sizes
    left join tag_counts
        on
            vocabulary.tag = tag_counts.tag
            and split_sizes.split = tag_counts.split

),

report as (

    select
        split,
        tag,
        n_tracks,
        n_split_tracks,
        n_split_artists,
        n_tracks / nullif(n_tag_tracks, 0) as share_of_tag,
        n_split_tracks / nullif(n_all_tracks, 0) as share_of_tracks,
        n_tracks / nullif(n_split_tracks, 0) as share_in_split,
        n_tag_tracks / nullif(n_all_tracks, 0) as share_overall

    from counted

)

select * from report
{% endmacro %}
