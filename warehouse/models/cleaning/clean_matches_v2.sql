with

songs as (

    select * from {{ ref('stg_msd__songs') }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

),

name_conflicts as (

    select * from {{ ref('name_conflicts') }}

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

pairs as (

    select
        songs.source,
        songs.track_id,
        clips.path,
        clips.status,
        clips.decoded_seconds,
        clips.bit_rate,
        false as is_named_by_track

    from songs
    left join clips on songs.sevendigital_id = clips.sevendigital_id

    union all

    select
        songs.source,
        songs.track_id,
        clips.path,
        clips.status,
        clips.decoded_seconds,
        clips.bit_rate,
        true as is_named_by_track

    from songs
    inner join clips on songs.track_id = clips.track_id

),

paired_tracks as (

    select
        source,
        track_id,
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
    inner join paired_tracks
        on
            pairs.source = paired_tracks.source
            and pairs.track_id = paired_tracks.track_id
    where
        paired_tracks.n_files > 1
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
        paired_tracks.source,
        paired_tracks.track_id,
        coalesce(best_pairs.path, paired_tracks.path) as path

    from paired_tracks
    left join best_pairs
        on
            paired_tracks.source = best_pairs.source
            and paired_tracks.track_id = best_pairs.track_id

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

matched_conflicts as (

    select name_conflicts.*
    from name_conflicts
    semi join matches
        on
            name_conflicts.source = matches.source
            and name_conflicts.track_id = matches.track_id

),

wrong_matches as (

    select
        name_conflicts.source,
        name_conflicts.track_id

    from name_conflicts
    anti join exceptions
        on
            name_conflicts.source = exceptions.source
            and name_conflicts.track_id = exceptions.track_id
            and name_conflicts.rule = exceptions.rule

),

-- they go first, so that a wrong match does not take the right one with it
claims as (

    select matches.*
    from matches
    anti join wrong_matches
        on
            matches.source = wrong_matches.source
            and matches.track_id = wrong_matches.track_id
    where matches.path is not null

),

shared_paths as (

    select path
    from claims
    group by path
    having count(*) > 1

),

-- few songs share a clip; only their names are looked at
claimed_names as (

    select
        claims.source,
        claims.track_id,
        claims.path,
        {{ normalised_name('songs.artist_name') }} as artist,
        {{ normalised_name('songs.title') }} as title

    from claims
    semi join shared_paths on claims.path = shared_paths.path
    inner join songs
        on
            claims.source = songs.source
            and claims.track_id = songs.track_id

),

named_claims as (

    select
        source,
        track_id,
        path,
        min(artist) as artist,
        min(title) as title

    from claimed_names
    group by source, track_id, path

),

-- whose clip it is cannot be told, unless all claim the same name: then they are
-- duplicates of one another and clean_duplicates keeps the best
contested_clips as (

    select
        path,
        count(*) as n_songs

    from named_claims
    group by path
    having
        count(distinct artist || ' - ' || title) > 1
        or bool_or(artist is null or title is null)

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

    select * from matched_conflicts

    union all

    select
        claims.source,
        claims.track_id,
        'shared_7digital_id' as rule,
        contested_clips.n_songs || ' songs without a name in common claim '
        || claims.path as evidence

    from claims
    inner join contested_clips on claims.path = contested_clips.path

),

verdicts as (

    {{ first_verdicts('all_matches', ['path']) }}

)

select * from verdicts
