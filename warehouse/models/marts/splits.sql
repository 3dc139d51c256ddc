{%- set split_by = var('split_by') -%}
{%- set shares = var('split_shares') -%}
{%- set key = 'track_id' if split_by == 'track' else 'artist_key' -%}
with

tracks as (

    select * from {{ ref('tracks') }}

),

published_splits as (

    select * from {{ ref('stg_msd__published_splits') }}

),

{% if split_by in ['artist', 'track'] -%}
hashed as (

    select
        source,
        track_id,
        artist_key,
        {{ hash_share("'" ~ var('split_seed') ~ "' || " ~ key) }}
        * {{ shares.values() | sum }} as place,

    from tracks

),

split_tracks as (

    select
        source,
        track_id,
        artist_key,
        case
            when place < {{ shares.train }} then 'train'
            when place < {{ shares.train + shares.validation }} then 'validation'
            else 'test'
        end as split,

    from hashed

)
{%- else -%}
split_tracks as (

    select
        tracks.source,
        tracks.track_id,
        tracks.artist_key,
        published_splits.split,

    from tracks
    inner join published_splits
        on
            tracks.source = published_splits.source
            and tracks.track_id = published_splits.track_id
    where published_splits.split_scheme = '{{ split_by }}'

)
{%- endif %}

select * from split_tracks
