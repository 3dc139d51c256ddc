with

tracks as (

    select * from {{ ref('tracks') }}

),

track_tags as (

    select * from {{ ref('track_tags', v=2) }}

),

vocabulary as (

    select * from {{ ref('training_vocabulary', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

tag_counts as (

    select
        track_tags.source,
        track_tags.track_id,
        count(*) as n_clean_tags,
        count(vocabulary.tag) as n_labels

    from track_tags
    left join vocabulary on track_tags.tag = vocabulary.tag
    group by track_tags.source, track_tags.track_id

),

judged as (

    select
        tracks.source,
        tracks.track_id,
        tracks.n_raw_tags,
        coalesce(tag_counts.n_clean_tags, 0) as n_clean_tags,
        coalesce(tag_counts.n_labels, 0) as n_labels

    from tracks
    left join tag_counts
        on
            tracks.source = tag_counts.source
            and tracks.track_id = tag_counts.track_id

),

faults as (

    select
        source,
        track_id,
        case
            when n_raw_tags = 0 then 'untagged'
            when n_clean_tags = 0 then 'no_clean_tag'
            else 'no_vocabulary_tag'
        end as rule,
        n_raw_tags || ' raw tags, ' || n_clean_tags || ' clean tags, '
        || n_labels || ' labels' as evidence

    from judged
    where n_labels = 0

),

verdicts as (

    {{ first_verdicts('judged') }}

)

select * from verdicts
