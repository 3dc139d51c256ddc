with

tracks as (

    select * from {{ ref('tracks') }}

),

splits as (

    select * from {{ ref('splits') }}

),

matches as (

    select * from {{ ref('match_verdicts', v=1) }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

),

excluded as (

    select * from {{ ref('excluded_tracks', v=1) }}

),

training_labels as (

    select * from {{ ref('training_labels', v=1) }}

),

training_set as (

    select
        tracks.source,
        tracks.track_id,
        tracks.artist_key,
        tracks.artist_name,
        tracks.title,
        tracks.year,
        tracks.decade,
        matches.path,
        files.decoded_seconds,
        splits.split,
        coalesce(training_labels.labels, {{ text_list([]) }}) as labels

    from tracks
    anti join excluded
        on
            tracks.source = excluded.source
            and tracks.track_id = excluded.track_id
    inner join matches
        on
            tracks.source = matches.source
            and tracks.track_id = matches.track_id
    inner join splits
        on
            tracks.source = splits.source
            and tracks.track_id = splits.track_id
    left join files on matches.path = files.path
    left join training_labels
        on
            tracks.source = training_labels.source
            and tracks.track_id = training_labels.track_id

)

select * from training_set
order by source, track_id
