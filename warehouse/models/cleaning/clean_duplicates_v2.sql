with

tracks as (

    select * from {{ ref('tracks') }}

),

splits as (

    select * from {{ ref('splits') }}

),

file_faults as (

    select * from {{ ref('file_verdicts', v=2) }}

),

duplicate_groups as (

    select * from {{ ref('duplicate_groups', v=2) }}

),

track_tags as (

    select * from {{ ref('track_tags', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

duplicates as (

    select
        members.source,
        members.track_id,
        'duplicate' as rule,
        best.track_id || ' is kept (' || best.n_tags || ' tags against '
        || members.n_tags || '; same by ' || members.reasons || ')' as evidence

    from duplicate_groups as members
    inner join duplicate_groups as best
        on members.group_id = best.group_id and best.preference = 1
    where members.preference > 1

),

-- a last look at equal sound, for pairs that a var or an exception left in place
left_over as (

    select tracks.*
    from tracks
    anti join file_faults
        on
            tracks.source = file_faults.source
            and tracks.track_id = file_faults.track_id
    left join duplicates
        on
            tracks.source = duplicates.source
            and tracks.track_id = duplicates.track_id
    left join exceptions
        on
            tracks.source = exceptions.source
            and tracks.track_id = exceptions.track_id
            and exceptions.rule = 'duplicate'
    where duplicates.rule is null or exceptions.rule is not null

),

repeated_sounds as (

    select sound_sha256
    from left_over
    where sound_sha256 is not null
    group by sound_sha256
    having count(*) > 1

),

equal_clips as (

    select
        left_over.*,
        splits.split

    from left_over
    inner join repeated_sounds on left_over.sound_sha256 = repeated_sounds.sound_sha256
    inner join splits
        on
            left_over.source = splits.source
            and left_over.track_id = splits.track_id

),

tag_counts as (

    select
        equal_clips.source,
        equal_clips.track_id,
        count(*) as n_tags

    from equal_clips
    inner join track_tags
        on
            equal_clips.source = track_tags.source
            and equal_clips.track_id = track_tags.track_id
    group by equal_clips.source, equal_clips.track_id

),

counted_clips as (

    select
        equal_clips.*,
        coalesce(tag_counts.n_tags, 0) as n_tags

    from equal_clips
    left join tag_counts
        on
            equal_clips.source = tag_counts.source
            and equal_clips.track_id = tag_counts.track_id

),

heard as (

    select
        source,
        track_id,
        split,
        first_value(split) over best_first as kept_split,
        first_value(track_id) over best_first as kept_track_id

    from counted_clips
    window
        best_first as (
            partition by sound_sha256 order by {{ best_clip_first('counted_clips') }}
        )

),

faults as (

    select * from duplicates

    union all

    select
        source,
        track_id,
        'leak_across_splits' as rule,
        'same sound as ' || kept_track_id || ', which is in ' || kept_split
        || ', not ' || split as evidence

    from heard
    where split != kept_split

),

verdicts as (

    {{ first_verdicts('tracks') }}

)

select * from verdicts
