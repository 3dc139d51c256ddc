with

dataset_tracks as (

    select * from {{ ref('stg_datasets__tracks') }}

),

track_tags as (

    select * from {{ ref('stg_datasets__track_tags') }}

),

msd_songs as (

    select * from {{ ref('stg_msd__songs') }}

),

tag_counts as (

    select
        source,
        track_id,
        count(*) as n_raw_tags

    from track_tags
    group by source, track_id

),

named_tracks as (

    select
        *,
        {{ normalised_name('artist_name') }} as normalised_artist,
        {{ normalised_name('title') }} as normalised_title

    from dataset_tracks

),

-- an artist of one id may be spelled in several ways
keyed_tracks as (

    select
        *,
        min(normalised_artist) over (
            partition by source, coalesce('id ' || artist_id, 'track ' || track_id)
        ) as artist_spelling

    from named_tracks

),

spellings as (

    select distinct artist_spelling
    from keyed_tracks
    where artist_spelling is not null

),

spelled_songs as (

    select
        artist_id,
        {{ normalised_name('artist_name') }} as artist_spelling

    from msd_songs

),

-- an artist who is in the MSD too must not be in another split there
msd_artists as (

    select
        spellings.artist_spelling,
        min(spelled_songs.artist_id) as artist_id

    from spelled_songs
    inner join spellings
        on spelled_songs.artist_spelling = spellings.artist_spelling
    group by spellings.artist_spelling

),

dataset_songs as (

    select
        ----------  ids
        keyed_tracks.source,
        keyed_tracks.track_id,
        keyed_tracks.artist_id,
        coalesce(
            msd_artists.artist_id,
            keyed_tracks.artist_spelling,
            keyed_tracks.source || ':' || keyed_tracks.artist_id,
            keyed_tracks.source || ':' || keyed_tracks.track_id
        ) as artist_key,

        ----------  text
        keyed_tracks.title,
        keyed_tracks.artist_name,
        keyed_tracks.release,
        keyed_tracks.normalised_title,
        keyed_tracks.normalised_artist,

        ----------  numerics
        keyed_tracks.duration_seconds,
        coalesce(tag_counts.n_raw_tags, 0) as n_raw_tags

    from keyed_tracks
    left join tag_counts
        on
            keyed_tracks.source = tag_counts.source
            and keyed_tracks.track_id = tag_counts.track_id
    left join msd_artists
        on keyed_tracks.artist_spelling = msd_artists.artist_spelling

)

select * from dataset_songs
