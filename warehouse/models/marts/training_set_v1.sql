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

track_tags as (

    select * from {{ ref('track_tags', v=1) }}

),

vocabulary as (

    select * from {{ ref('training_vocabulary', v=1) }}

),

kept_tracks as (

    select
        source,
        track_id

    from tracks
    except
    select
        source,
        track_id

    from excluded

),

track_labels as (

    select
        track_tags.source,
        track_tags.track_id,
        list(track_tags.tag order by vocabulary.position) as labels

    from track_tags
    inner join vocabulary on track_tags.tag = vocabulary.tag
    group by track_tags.source, track_tags.track_id

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
        coalesce(track_labels.labels, []) as labels

    from kept_tracks
    inner join tracks
        on
            kept_tracks.source = tracks.source
            and kept_tracks.track_id = tracks.track_id
    inner join matches
        on
            kept_tracks.source = matches.source
            and kept_tracks.track_id = matches.track_id
    inner join splits
        on
            kept_tracks.source = splits.source
            and kept_tracks.track_id = splits.track_id
    left join files on matches.path = files.path
    left join track_labels
        on
            kept_tracks.source = track_labels.source
            and kept_tracks.track_id = track_labels.track_id

)

select * from training_set
order by source, track_id
