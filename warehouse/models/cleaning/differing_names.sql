with

songs as (

    select * from {{ ref('stg_msd__songs') }}

),

lastfm_songs as (

    select * from {{ ref('stg_lastfm__songs') }}

),

unique_tracks as (

    select * from {{ ref('stg_msd__unique_tracks') }}

),

other_lists as (

    select
        source,
        track_id,
        'lastfm' as named_by,
        artist_name,
        title

    from lastfm_songs

    union all

    select
        source,
        track_id,
        'unique_tracks' as named_by,
        artist_name,
        title

    from unique_tracks

),

-- most names agree letter for letter: to normalise them all would be most of the work
named_otherwise as (

    select
        other_lists.source,
        other_lists.track_id,
        other_lists.named_by,
        songs.artist_name as song_artist,
        songs.title as song_title,
        other_lists.artist_name as other_artist,
        other_lists.title as other_title

    from other_lists
    inner join songs
        on
            other_lists.source = songs.source
            and other_lists.track_id = songs.track_id
            and (
                other_lists.artist_name != songs.artist_name
                or other_lists.title != songs.title
            )

),

normalised as (

    select
        *,
        {{ bare_name('song_artist') }} as bare_song_artist,
        {{ bare_name('song_title') }} as bare_song_title,
        {{ bare_name('other_artist') }} as bare_other_artist,
        {{ bare_name('other_title') }} as bare_other_title

    from named_otherwise

),

compared as (

    select
        *,
        {{ bare_name_similarity('bare_song_artist', 'bare_other_artist') }}
            as artist_similarity,
        {{ bare_name_similarity('bare_song_title', 'bare_other_title') }}
            as title_similarity

    from normalised

),

-- where a list has several lines on a track, its likest counts
differing_names as (

    select *
    from compared
    qualify row_number() over (
        partition by source, track_id, named_by
        order by
            coalesce(artist_similarity, 1) + coalesce(title_similarity, 1) desc,
            other_artist asc nulls last,
            other_title asc nulls last
    ) = 1

)

select * from differing_names
