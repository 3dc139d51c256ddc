-- noqa: disable=PRS
{%- set reasons = var('duplicate_reasons') %}
with recursive

tracks as (

    select * from {{ ref('tracks') }}

),

splits as (

    select * from {{ ref('splits') }}

),

listed_duplicates as (

    select * from {{ ref('stg_msd__duplicates') }}

),

file_faults as (

    select * from {{ ref('file_verdicts', v=2) }}

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

tag_counts as (

    select
        source,
        track_id,
        count(*) as n_tags,

    from track_tags
    group by source, track_id

),

-- tracks that fell before say nothing about those that are left
survivors as (

    select
        tracks.*,
        tracks.source || ':' || tracks.track_id as node,
        row_number() over (
            order by
                (tracks.audio_status = 'ok') desc nulls last,
                coalesce(tag_counts.n_tags, 0) desc,
                tracks.decoded_seconds desc nulls last,
                tracks.bit_rate desc nulls last,
                tracks.track_id asc,
                tracks.source asc
        ) as preference,
        coalesce(tag_counts.n_tags, 0) as n_tags,

    from tracks
    anti join file_faults
        on
            tracks.source = file_faults.source
            and tracks.track_id = file_faults.track_id
    left join tag_counts
        on
            tracks.source = tag_counts.source
            and tracks.track_id = tag_counts.track_id

),

groups as (

    select
        survivors.node,
        'listed' as reason,
        listed_duplicates.group_number::varchar as group_key,

    from survivors
    inner join listed_duplicates
        on
            survivors.source = listed_duplicates.source
            and survivors.track_id = listed_duplicates.track_id

    union all

    select
        node,
        'content' as reason,
        content_sha256 as group_key,

    from survivors
    where content_sha256 is not null

    union all

    select
        node,
        'sound' as reason,
        sound_sha256 as group_key,

    from survivors
    where sound_sha256 is not null

),

-- a star: every member of a group is linked to its smallest
group_links as (

    select
        node as node_a,
        min(node) over (partition by reason, group_key) as node_b,
        reason,

    from groups

),

-- a chain: songs of one name are linked to the next longer one
name_links as (

    select
        node as node_a,
        lag(node) over longer as node_b,
        'name' as reason,
        duration_seconds - lag(duration_seconds) over longer as seconds_apart,

    from survivors
    where
        normalised_artist is not null
        and normalised_title is not null
        and duration_seconds is not null
    window
        longer as (
            partition by normalised_artist, normalised_title
            order by duration_seconds asc, node asc
        )

),

links as (

    select
        node_a,
        node_b,
        reason,

    from group_links
    where
        node_a != node_b
        and {{ is_listed('reason', reasons) }}

    union all

    select
        node_a,
        node_b,
        reason,

    from name_links
    where
        seconds_apart <= {{ var('duplicate_max_seconds_apart') }}
        and {{ is_listed('reason', reasons) }}

),

edges as (

    select distinct
        node_a,
        node_b,

    from links

),

components (node, component) using key (node) as (

    {{ tag_components('components', 'edges') }}

),

component_reasons as (

    select
        components.component,
        string_agg(distinct links.reason, ', ' order by links.reason) as reasons,

    from links
    inner join components on links.node_a = components.node
    group by components.component

),

members as (

    select
        survivors.*,
        components.component,
        first_value(survivors.track_id) over best_first as kept_track_id,
        first_value(survivors.n_tags) over best_first as kept_n_tags,
        row_number() over best_first = 1 as is_best,

    from survivors
    inner join components on survivors.node = components.node
    window
        best_first as (
            partition by components.component order by survivors.preference asc
        )

),

duplicates as (

    select
        members.source,
        members.track_id,
        'duplicate' as rule,
        members.kept_track_id || ' is kept (' || members.kept_n_tags || ' tags against '
        || members.n_tags || '; same by ' || component_reasons.reasons || ')'
            as evidence,

    from members
    inner join component_reasons
        on members.component = component_reasons.component
    where not members.is_best

),

-- a last look at equal sound, for pairs that a var or an exception left in place
heard as (

    select
        survivors.*,
        splits.split,
        first_value(splits.split) over best_first as kept_split,
        first_value(survivors.track_id) over best_first as kept_track_id,

    from survivors
    inner join splits
        on
            survivors.source = splits.source
            and survivors.track_id = splits.track_id
    left join duplicates
        on
            survivors.source = duplicates.source
            and survivors.track_id = duplicates.track_id
    left join exceptions
        on
            survivors.source = exceptions.source
            and survivors.track_id = exceptions.track_id
            and exceptions.rule = 'duplicate'
    where
        survivors.sound_sha256 is not null
        and (duplicates.rule is null or exceptions.rule is not null)
    window
        best_first as (
            partition by survivors.sound_sha256 order by survivors.preference asc
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
        || ', not ' || split as evidence,

    from heard
    where split != kept_split

),

verdicts as (

    {{ first_verdicts('tracks') }}

)

select * from verdicts
