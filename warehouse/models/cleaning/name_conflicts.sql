with

mismatches as (

    select * from {{ ref('stg_msd__mismatches') }}

),

differing_names as (

    select * from {{ ref('differing_names') }}

),

named_mismatches as (

    select
        source,
        track_id,
        line_number,
        song_artist || ' - ' || song_title || ' != '
        || track_artist || ' - ' || track_title as both_names,
        {{ normalised_name('song_artist') }} as song_artist,
        {{ normalised_name('song_title') }} as song_title,
        {{ normalised_name('track_artist') }} as track_artist,
        {{ normalised_name('track_title') }} as track_title

    from mismatches

),

-- a line without the song's own name cannot be checked, and counts
true_mismatches as (

    select
        source,
        track_id,
        min(line_number) as line_number,
        {{ min_by_known('both_names', 'line_number') }} as both_names

    from named_mismatches
    where
        not coalesce(
            {{ name_similarity('song_artist', 'track_artist') }}
            >= {{ var('same_name_similarity') }}
            and {{ name_similarity('song_title', 'track_title') }}
            >= {{ var('same_name_similarity') }},
            false
        )
    group by source, track_id

),

-- one name alone says little: artists have several, titles are translated
other_recordings as (

    select *
    from differing_names
    where
        artist_similarity < {{ var('other_name_similarity') or 'null' }}
        and title_similarity < {{ var('other_name_similarity') or 'null' }}

),

name_conflicts as (

    select
        source,
        track_id,
        'listed_mismatch' as rule,
        'line ' || line_number || ' of the list'
        || coalesce(': ' || both_names, '') as evidence

    from true_mismatches

    union all

    select
        source,
        track_id,
        'conflicting_names' as rule,
        min(song_artist || ' - ' || song_title) || '; '
        || {{ joined_texts(
            "named_by || ': ' || other_artist || ' - ' || other_title",
            "; ", "named_by"
        ) }} as evidence

    from other_recordings
    group by source, track_id

)

select * from name_conflicts
