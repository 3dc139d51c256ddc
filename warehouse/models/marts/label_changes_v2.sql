{%- set mode = var('repair_labels') -%}
{%- set adds = mode == 'add' -%}
with

track_tags as (

    select * from {{ ref('track_tags', v=2) }}

),

duplicate_groups as (

    select * from {{ ref('duplicate_groups', v=2) }}
    where {{ var('duplicates_share_tags') }}

),

cooccurrence as (

    select * from {{ ref('tag_cooccurrence', v=2) }}
    where
        {{ mode is not none }}
        and p_b_given_a > {{ var('repair_min_share') }}
        and n_both >= {{ var('repair_min_tracks') }}

),

-- of two that mean each other, the more frequent is the general one
links as (

    select cooccurrence.*
    from cooccurrence
    left join cooccurrence as back
        on
            cooccurrence.tag_a = back.tag_b
            and cooccurrence.tag_b = back.tag_a
    where
        back.tag_a is null
        or (cooccurrence.n_a, cooccurrence.tag_b)
        < (cooccurrence.n_b, cooccurrence.tag_a)

),

-- tags of the members that fall, for the member that stays
inherited as (

    select
        best.source,
        best.track_id,
        track_tags.tag,
        'of ' || {{ joined_texts(
            'members.track_id', ', ', 'members.track_id'
        ) }}
            as evidence

    from duplicate_groups as members
    inner join duplicate_groups as best
        on members.group_id = best.group_id and best.preference = 1
    inner join track_tags
        on
            members.source = track_tags.source
            and members.track_id = track_tags.track_id
    anti join track_tags as own_tags
        on
            best.source = own_tags.source
            and best.track_id = own_tags.track_id
            and track_tags.tag = own_tags.tag
    where members.preference > 1
    group by best.source, best.track_id, track_tags.tag

),

tags_before as (

    select
        source,
        track_id,
        tag

    from track_tags

    union all

    select
        source,
        track_id,
        tag

    from inherited

),

-- all links at once, on the tags as they were
linked as (

    select
        tags_before.source,
        tags_before.track_id,
        links.tag_a,
        links.tag_b,
        general_tags.tag is not null as has_both,
        links.tag_a || ' means ' || links.tag_b
        || printf(' (%.3f of %d)', links.p_b_given_a, links.n_a) as evidence

    from tags_before
    inner join links on tags_before.tag = links.tag_a
    left join tags_before as general_tags
        on
            tags_before.source = general_tags.source
            and tags_before.track_id = general_tags.track_id
            and links.tag_b = general_tags.tag

),

repaired as (

    select
        source,
        track_id,
        {{ 'tag_a' if mode == 'remove_special' else 'tag_b' }} as tag,
        {{ joined_texts('evidence', '; ', 'evidence') }} as evidence

    from linked
    where has_both = {{ not adds }}
    group by all

),

label_changes as (

    select
        source,
        track_id,
        tag,
        'added' as change,
        'duplicate' as rule,
        2 as version,
        evidence

    from inherited

    union all

    select
        source,
        track_id,
        tag,
        '{{ "added" if adds else "removed" }}' as change,
        'repair_{{ mode }}' as rule,
        2 as version,
        evidence

    from repaired

)

select * from label_changes
