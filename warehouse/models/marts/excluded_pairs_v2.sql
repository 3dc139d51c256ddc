{%- set min_weight = var('tag_min_weight') -%}
{%- set names = var('tag_never_names') or [] -%}
with

tracks as (

    select * from {{ ref('tracks') }}

),

lastfm_tracks as (

    select * from {{ ref('stg_lastfm__tracks') }}

),

lastfm_tags as (

    select * from {{ ref('stg_lastfm__tags') }}

),

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=2) }}

),

pairs as (

    select * from {{ ref('stg_lastfm__track_tags') }}
    {% if min_weight is not none -%}
        where weight > {{ min_weight }}
    {%- endif %}

),

-- only what would become a label can be taken for one
keyed_tags as (

    select
        lastfm_tags.source,
        lastfm_tags.tag_rowid,
        lastfm_tags.tag,
        tag_verdicts.clean_tag,
        {{ tag_key("lastfm_tags.tag_nfkc") }} as tag_key

    from lastfm_tags
    inner join tag_verdicts
        on
            lastfm_tags.source = tag_verdicts.source
            and lastfm_tags.tag = tag_verdicts.tag
    where tag_verdicts.is_kept

),

names as (

    select
        source,
        track_id,
        'artist_name' as rule,
        artist_name as name

    from tracks
    where {{ 'artist' in names }} and n_raw_tags > 0

    union all

    select
        source,
        track_id,
        'title' as rule,
        title as name

    from tracks
    where {{ 'title' in names }} and n_raw_tags > 0

),

keyed_names as (

    select
        *,
        {{ tag_key(lower_nfc("name")) }} as name_key

    from names

),

named_tags as (

    select
        keyed_names.source,
        keyed_names.track_id,
        keyed_names.rule,
        keyed_names.name,
        keyed_tags.tag_rowid,
        keyed_tags.tag,
        keyed_tags.clean_tag

    from keyed_names
    inner join keyed_tags
        on
            keyed_names.source = keyed_tags.source
            and keyed_names.name_key = keyed_tags.tag_key

),

excluded as (

    select
        named_tags.source,
        named_tags.track_id,
        named_tags.tag,
        named_tags.clean_tag,
        max(pairs.weight) as weight,
        named_tags.rule,
        2 as version,
        'like the ' || if(named_tags.rule = 'title', 'title', 'artist''s name')
        || ' "' || any_value(named_tags.name) || '"' as evidence

    from named_tags
    inner join lastfm_tracks
        on
            named_tags.source = lastfm_tracks.source
            and named_tags.track_id = lastfm_tracks.track_id
    inner join pairs
        on
            named_tags.source = pairs.source
            and named_tags.tag_rowid = pairs.tag_rowid
            and lastfm_tracks.tid_rowid = pairs.tid_rowid
    group by
        named_tags.source,
        named_tags.track_id,
        named_tags.tag,
        named_tags.clean_tag,
        named_tags.rule

)

select * from excluded
