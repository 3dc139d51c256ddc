{%- set split_by = var('split_by') -%}
{%- set shares = var('split_shares') -%}
{%- set train = shares.train | default(0) | float -%}
{%- set validation = shares.validation | default(0) | float -%}
{%- set test = shares.test | default(0) | float -%}
{%- set schemes = [split_by] if split_by is string else split_by or [] -%}
{%- set key = 'track_id' if split_by == 'track' else 'artist_key' -%}
with

tracks as (

    select * from {{ ref('tracks') }}

),

published_splits as (

    select * from {{ ref('stg_msd__published_splits') }}

),

dataset_tracks as (

    select * from {{ ref('stg_datasets__tracks') }}

),

-- the split that a data set was published with goes by the data set's name
all_published_splits as (

    select
        source,
        track_id,
        split_scheme,
        split

    from published_splits

    union all

    select
        source,
        track_id,
        source as split_scheme,
        split

    from dataset_tracks
    where split is not null

),

-- a hash of the artist's or the track's own key, so that new songs move no old one
placed_tracks as (

    select
        source,
        track_id,
        artist_key,
        {{ hash_share(quoted(var('split_seed')) ~ " || " ~ key) }}
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
        all_published_splits.split

    from tracks
    inner join all_published_splits
        on
            tracks.source = all_published_splits.source
            and tracks.track_id = all_published_splits.track_id
    where {{ is_listed('all_published_splits.split_scheme', schemes) }}
    -- a track of two of the schemes is split by the one named first; of two parts of
    -- one, which `dbt build` refuses, the test part keeps it from the training
    qualify row_number() over (
        partition by tracks.source, tracks.track_id
        order by
            {{ position_in(schemes, 'all_published_splits.split_scheme') }} asc,
            all_published_splits.split asc
    ) = 1

),

split_tracks as (

    select * from hashed_tracks
    union all
    select * from published_tracks

)

select * from split_tracks
