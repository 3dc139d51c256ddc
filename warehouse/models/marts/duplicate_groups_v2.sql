-- noqa: disable=PRS
{%- set reasons = var('duplicate_reasons') or [] %}
{%- set is_published = var('split_by') not in ['artist', 'track'] %}
{% set before %}
tracks as (

    select * from {{ ref('tracks') }}

),

listed_duplicates as (

    select * from {{ ref('stg_msd__duplicates') }}

),

near_duplicates as (

    select * from {{ ref('near_duplicates') }}

),

file_faults as (

    select * from {{ ref('file_verdicts', v=2) }}

),

track_tags as (

    select * from {{ ref('track_tags', v=2) }}

),

splits as (

    select * from {{ ref('splits') }}

),

-- tracks that fell before say nothing about those that are left; so do those that a
-- published split does not name
survivors as (

    select
        tracks.source,
        tracks.track_id,
        tracks.source || ':' || tracks.track_id as node,
        tracks.path,
        tracks.content_sha256,
        tracks.sound_sha256,
        tracks.normalised_artist,
        tracks.normalised_title,
        tracks.duration_seconds,
        tracks.decoded_seconds,
        tracks.bit_rate,
        tracks.audio_status

    from tracks
    anti join file_faults
        on
            tracks.source = file_faults.source
            and tracks.track_id = file_faults.track_id
    {% if is_published %}
        semi join splits
            on
                tracks.source = splits.source
                and tracks.track_id = splits.track_id
    {% endif %}

),

listed_groups as (

    select
        survivors.node,
        'listed' as reason,
        '' || listed_duplicates.group_number as group_key

    from survivors
    inner join listed_duplicates
        on
            survivors.source = listed_duplicates.source
            and survivors.track_id = listed_duplicates.track_id

    union all

    select
        node,
        'content' as reason,
        content_sha256 as group_key

    from survivors
    where content_sha256 is not null

    union all

    select
        node,
        'sound' as reason,
        sound_sha256 as group_key

    from survivors
    where sound_sha256 is not null

),

-- most clips are equal to no other: numbers tell these from the rest faster than the
-- texts, which then have the last word
repeated_hashes as (

    select {{ row_hash('reason, group_key') }} as key_hash
    from listed_groups
    where {{ is_listed('reason', reasons) }}
    group by {{ row_hash('reason, group_key') }}
    having count(*) > 1

),

repeated_groups as (

    select listed_groups.*
    from listed_groups
    semi join repeated_hashes
        on {{ row_hash('listed_groups.reason, listed_groups.group_key') }}
            = repeated_hashes.key_hash

),

first_members as (

    select
        reason,
        group_key,
        min(node) as first_node

    from repeated_groups
    group by reason, group_key
    having count(*) > 1

),

repeated_names as (

    select
        normalised_artist,
        normalised_title

    from survivors
    where
        normalised_artist is not null
        and normalised_title is not null
        and duration_seconds is not null
        and {{ 'name' in reasons }}
    group by normalised_artist, normalised_title
    having count(*) > 1

),

-- a chain: songs of one name are linked to the next longer one
name_links as (

    select
        survivors.node as node_a,
        lag(survivors.node) over longer as node_b,
        'name' as reason,
        -- a binary fraction more than the limit is no more than the limit
        round(
            survivors.duration_seconds - lag(survivors.duration_seconds) over longer, 6
        )
            as seconds_apart

    from survivors
    inner join repeated_names
        on
            survivors.normalised_artist = repeated_names.normalised_artist
            and survivors.normalised_title = repeated_names.normalised_title
    where survivors.duration_seconds is not null
    window
        longer as (
            partition by survivors.normalised_artist, survivors.normalised_title
            order by survivors.duration_seconds asc, survivors.node asc
        )

),

fingerprint_links as (

    select
        one.node as node_a,
        other.node as node_b,
        'fingerprint' as reason

    from near_duplicates
    inner join survivors as one on near_duplicates.path = one.path
    inner join survivors as other on near_duplicates.other_path = other.path
    where {{ 'fingerprint' in reasons }}

),

-- a star: every member of a group is linked to its smallest
links as (

    select
        repeated_groups.node as node_a,
        first_members.first_node as node_b,
        repeated_groups.reason

    from repeated_groups
    inner join first_members
        on
            repeated_groups.reason = first_members.reason
            and repeated_groups.group_key = first_members.group_key
    where repeated_groups.node != first_members.first_node

    union all

    select
        node_a,
        node_b,
        reason

    from name_links
    where seconds_apart <= {{ var('duplicate_max_seconds_apart') }}

    union all

    select
        node_a,
        node_b,
        reason

    from fingerprint_links

),

edges as (

    select distinct
        node_a,
        node_b

    from links

),
{% endset %}

with recursive

{{ before }}

{{ components_of('components', 'edges', before) }},

component_reasons as (

    select
        components.component,
        {{ joined_texts(
            'links.reason', ', ', 'links.reason', is_distinct=true
        ) }} as reasons

    from links
    inner join components on links.node_a = components.node
    group by components.component

),

members as (

    select
        survivors.*,
        components.component as group_id

    from survivors
    inner join components on survivors.node = components.node

),

member_tags as (

    select
        members.node,
        members.group_id,
        members.sound_sha256,
        track_tags.tag

    from members
    inner join track_tags
        on
            members.source = track_tags.source
            and members.track_id = track_tags.track_id

),

tag_counts as (

    select
        node,
        count(*) as n_tags

    from member_tags
    group by node

),

-- the taggers of one sound, and the tags that all of them gave
sound_taggers as (

    select
        group_id,
        sound_sha256,
        count(distinct node) as n_taggers

    from member_tags
    where sound_sha256 is not null
    group by group_id, sound_sha256

),

sound_tags as (

    select
        group_id,
        sound_sha256,
        tag,
        count(*) as n_taggers

    from member_tags
    group by group_id, sound_sha256, tag

),

conflicts as (

    select distinct sound_taggers.group_id
    from sound_taggers
    anti join sound_tags
        on
            sound_taggers.group_id = sound_tags.group_id
            and sound_taggers.sound_sha256 = sound_tags.sound_sha256
            and sound_taggers.n_taggers = sound_tags.n_taggers
    where sound_taggers.n_taggers > 1

),

counted_members as (

    select
        members.*,
        coalesce(tag_counts.n_tags, 0) as n_tags

    from members
    left join tag_counts on members.node = tag_counts.node

),

duplicate_groups as (

    select
        ----------  ids
        counted_members.source,
        counted_members.track_id,
        counted_members.group_id,
        first_value(counted_members.track_id) over best_first as best_track_id,

        ----------  text
        component_reasons.reasons,

        ----------  numerics
        row_number() over best_first as preference,
        count(*) over (partition by counted_members.group_id) as n_members,
        counted_members.n_tags,

        ----------  booleans
        conflicts.group_id is not null as has_tag_conflict

    from counted_members
    inner join component_reasons
        on counted_members.group_id = component_reasons.component
    left join conflicts on counted_members.group_id = conflicts.group_id
    window
        best_first as (
            partition by counted_members.group_id
            order by {{ best_clip_first('counted_members') }}
        )

)

select * from duplicate_groups
