{%- set min_weight = var('tag_min_weight') -%}
{%- set dataset_min_weight = var('dataset_tag_min_weight') -%}
with

pairs as (

    select * from {{ ref('stg_lastfm__track_tags') }}
    {% if min_weight is not none -%}
        where weight > {{ min_weight }}
    {%- endif %}

),

lastfm_tracks as (

    select * from {{ ref('stg_lastfm__tracks') }}

),

lastfm_tags as (

    select * from {{ ref('stg_lastfm__tags') }}

),

dataset_pairs as (

    select * from {{ ref('stg_datasets__track_tags') }}
    {% if dataset_min_weight is not none -%}
        where weight > {{ dataset_min_weight }} or weight is null
    {%- endif %}

),

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=2) }}

),

excluded_pairs as (

    select * from {{ ref('excluded_pairs', v=2) }}

),

clean_tags as (

    select
        lastfm_tags.source,
        lastfm_tags.tag_rowid,
        lastfm_tags.tag as raw_tag,
        tag_verdicts.clean_tag as tag

    from lastfm_tags
    inner join tag_verdicts
        on
            lastfm_tags.source = tag_verdicts.source
            and lastfm_tags.tag = tag_verdicts.tag
    where tag_verdicts.clean_tag is not null

),

-- several spellings of a tag on one track become one row
lastfm_track_tags as (

    select
        lastfm_tracks.source,
        lastfm_tracks.track_id,
        clean_tags.tag,
        max(pairs.weight) as weight,
        count(*) as n_pairs

    from pairs
    inner join clean_tags
        on
            pairs.source = clean_tags.source
            and pairs.tag_rowid = clean_tags.tag_rowid
    inner join lastfm_tracks
        on
            pairs.source = lastfm_tracks.source
            and pairs.tid_rowid = lastfm_tracks.tid_rowid
    anti join excluded_pairs
        on
            lastfm_tracks.source = excluded_pairs.source
            and lastfm_tracks.track_id = excluded_pairs.track_id
            and clean_tags.raw_tag = excluded_pairs.tag
    where lastfm_tracks.track_id is not null
    group by lastfm_tracks.source, lastfm_tracks.track_id, clean_tags.tag

),

dataset_track_tags as (

    select
        dataset_pairs.source,
        dataset_pairs.track_id,
        tag_verdicts.clean_tag as tag,
        max(dataset_pairs.weight) as weight,
        count(*) as n_pairs

    from dataset_pairs
    inner join tag_verdicts
        on
            dataset_pairs.source = tag_verdicts.source
            and dataset_pairs.tag = tag_verdicts.tag
    where tag_verdicts.clean_tag is not null
    group by dataset_pairs.source, dataset_pairs.track_id, tag_verdicts.clean_tag

),

track_tags as (

    select * from lastfm_track_tags
    union all
    select * from dataset_track_tags

)

select * from track_tags
