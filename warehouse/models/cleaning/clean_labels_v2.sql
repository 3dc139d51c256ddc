with

tracks as (

    select * from {{ ref('tracks') }}

),

training_labels as (

    select * from {{ ref('training_labels', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

judged as (

    select
        tracks.source,
        tracks.track_id,
        tracks.n_raw_tags,
        coalesce(training_labels.n_clean_tags, 0) as n_clean_tags,
        coalesce({{ list_length('training_labels.labels') }}, 0) as n_labels

    from tracks
    left join training_labels
        on
            tracks.source = training_labels.source
            and tracks.track_id = training_labels.track_id

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
