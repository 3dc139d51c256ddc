{%- set split_by = var('split_by') -%}
{%- set shares = var('split_shares') -%}
{%- set train = shares.train | float -%}
{%- set validation = shares.validation | float -%}
{%- set test = shares.test | float -%}
{%- set key = 'track_id' if split_by == 'track' else 'artist_key' -%}
with

tracks as (

    select * from {{ ref('tracks') }}

),

published_splits as (

    select * from {{ ref('stg_msd__published_splits') }}

),

-- a hash of the artist's or the track's own key, so that new songs move no old one
placed_tracks as (

    select
        source,
        track_id,
        artist_key,
        {{ hash_share("'" ~ var('split_seed') ~ "' || " ~ key) }}
        * {{ train + validation + test }} as place

    from tracks
    where {{ split_by in ['artist', 'track'] }}

),

hashed_tracks as (

    select
        source,
        track_id,
        artist_key,
        case
            when place < {{ train }} then 'train'
            when place < {{ train + validation }} then 'validation'
            else 'test'
        end as split

    from placed_tracks

),

published_tracks as (

    select
        tracks.source,
        tracks.track_id,
        tracks.artist_key,
        published_splits.split

    from tracks
    inner join published_splits
        on
            tracks.source = published_splits.source
            and tracks.track_id = published_splits.track_id
    where published_splits.split_scheme = '{{ split_by }}'

),

split_tracks as (

    select * from hashed_tracks
    union all
    select * from published_tracks

)

select * from split_tracks
