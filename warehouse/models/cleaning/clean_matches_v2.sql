with

songs as (

    select * from {{ ref('stg_msd__songs') }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

),

mismatches as (

    select * from {{ ref('stg_msd__mismatches') }}

),

dataset_tracks as (

    select * from {{ ref('stg_datasets__tracks') }}

),

dataset_clips as (

    select * from {{ ref('dataset_clips') }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

-- other numbers in the names of another data set's clips are none of 7digital's
clips as (

    select files.*
    from files
    anti join dataset_clips
        on
            files.path = dataset_clips.path
            and files.track_id is null
            and files.file_name not like '%.clip.%'
    where
        files.status is distinct from 'vanished'
        and files.dataset is null

),

named_songs as (

    select
        source,
        track_id,
        sevendigital_id,
        {{ normalised_name('artist_name') }} as artist,
        {{ normalised_name('title') }} as title

    from songs

),

pairs as (

    select
        named_songs.source,
        named_songs.track_id,
        named_songs.artist,
        named_songs.title,
        clips.path,
        clips.status,
        clips.decoded_seconds,
        clips.bit_rate,
        false as is_named_by_track

    from named_songs
    left join clips on named_songs.sevendigital_id = clips.sevendigital_id

    union all

    select
        named_songs.source,
        named_songs.track_id,
        named_songs.artist,
        named_songs.title,
        clips.path,
        clips.status,
        clips.decoded_seconds,
        clips.bit_rate,
        true as is_named_by_track

    from named_songs
    inner join clips on named_songs.track_id = clips.track_id

),

named_tracks as (

    select
        source,
        track_id,
        min(artist) as artist,
        min(title) as title,
        min(path) as path,
        count(path) as n_files

    from pairs
    group by source, track_id

),

-- few tracks have a choice; a file that is named by the track id outranks one found by
-- its 7digital id
best_pairs as (

    select
        pairs.source,
        pairs.track_id,
        pairs.path

    from pairs
    inner join named_tracks
        on
            pairs.source = named_tracks.source
            and pairs.track_id = named_tracks.track_id
    where
        named_tracks.n_files > 1
        and pairs.path is not null
    qualify row_number() over (
        partition by pairs.source, pairs.track_id
        order by
            pairs.is_named_by_track desc,
            (pairs.status = 'ok') desc nulls last,
            pairs.decoded_seconds desc nulls last,
            pairs.bit_rate desc nulls last,
            pairs.path asc
    ) = 1

),

matches as (

    select
        named_tracks.source,
        named_tracks.track_id,
        named_tracks.artist,
        named_tracks.title,
        coalesce(best_pairs.path, named_tracks.path) as path

    from named_tracks
    left join best_pairs
        on
            named_tracks.source = best_pairs.source
            and named_tracks.track_id = best_pairs.track_id

),

dataset_matches as (

    select
        dataset_tracks.source,
        dataset_tracks.track_id,
        dataset_clips.path,
        dataset_tracks.clip_path

    from dataset_tracks
    left join dataset_clips
        on
            dataset_tracks.source = dataset_clips.source
            and dataset_tracks.track_id = dataset_clips.track_id

),

all_matches as (

    select
        source,
        track_id,
        path

    from matches

    union all

    select
        source,
        track_id,
        path

    from dataset_matches

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
        arg_min(both_names, line_number) as both_names

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

listed_mismatches as (

    select
        matches.source,
        matches.track_id,
        'listed_mismatch' as rule,
        'line ' || true_mismatches.line_number || ' of the list'
        || coalesce(': ' || true_mismatches.both_names, '') as evidence

    from matches
    inner join true_mismatches
        on
            matches.source = true_mismatches.source
            and matches.track_id = true_mismatches.track_id

),

-- mismatches go first, so that a wrong match does not take the right one with it
claims as (

    select matches.*
    from matches
    left join listed_mismatches
        on
            matches.source = listed_mismatches.source
            and matches.track_id = listed_mismatches.track_id
    left join exceptions
        on
            matches.source = exceptions.source
            and matches.track_id = exceptions.track_id
            and exceptions.rule = 'listed_mismatch'
    where
        matches.path is not null
        and (listed_mismatches.rule is null or exceptions.rule is not null)

),

shared_paths as (

    select path
    from claims
    group by path
    having count(*) > 1

),

-- whose clip it is cannot be told, unless all claim the same name: then they are
-- duplicates of one another and clean_duplicates keeps the best
contested_clips as (

    select
        claims.path,
        count(*) as n_songs

    from claims
    semi join shared_paths on claims.path = shared_paths.path
    group by claims.path
    having
        count(distinct claims.artist || ' - ' || claims.title) > 1
        or bool_or(claims.artist is null or claims.title is null)

),

faults as (

    select
        source,
        track_id,
        'no_audio_file' as rule,
        'no file carries the 7digital id or the track id of the song' as evidence

    from matches
    where path is null

    union all

    select
        source,
        track_id,
        'no_audio_file' as rule,
        coalesce('no file ' || clip_path, 'the data set gives no path') as evidence

    from dataset_matches
    where path is null

    union all

    select * from listed_mismatches

    union all

    select
        claims.source,
        claims.track_id,
        'shared_7digital_id' as rule,
        contested_clips.n_songs || ' songs of different names claim '
        || claims.path as evidence

    from claims
    inner join contested_clips on claims.path = contested_clips.path

),

verdicts as (

    {{ first_verdicts('all_matches', ['path']) }}

)

select * from verdicts
