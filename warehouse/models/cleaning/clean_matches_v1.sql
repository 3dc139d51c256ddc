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
    where version = 1

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

tracks as (

    select distinct
        source,
        track_id

    from songs

),

-- 2019 cut the last nine characters, ".clip.mp3", off the names of all *.mp3; other
-- numbers in the names of another data set's clips are none of 7digital's
clips as (

    select
        files.path,
        try_cast(
            regexp_extract(files.file_name, '^([0-9]+).{9}$', 1) as bigint
        ) as sevendigital_id

    from files
    anti join dataset_clips
        on
            files.path = dataset_clips.path
            and files.file_name not like '%.clip.%'
    where
        files.file_name like '%.mp3'
        and files.status is distinct from 'vanished'
        and files.dataset is null

),

pairs as (

    select
        songs.source,
        songs.track_id,
        songs.sevendigital_id,
        clips.path,
        count(*) over (
            partition by songs.source, songs.sevendigital_id
        ) as n_pairs_of_id

    from songs
    inner join clips on songs.sevendigital_id = clips.sevendigital_id

),

unshared_pairs as (

    select
        *,
        count(*) over (partition by source, track_id) as n_pairs_of_track

    from pairs
    where n_pairs_of_id = 1

),

matches as (

    select
        tracks.source,
        tracks.track_id,
        coalesce(min(unshared_pairs.path), min(pairs.path)) as path,
        min(pairs.sevendigital_id) as sevendigital_id,
        max(pairs.n_pairs_of_id) as n_pairs_of_id,
        max(unshared_pairs.n_pairs_of_track) as n_pairs_of_track

    from tracks
    left join pairs
        on tracks.source = pairs.source and tracks.track_id = pairs.track_id
    left join unshared_pairs
        on pairs.source = unshared_pairs.source and pairs.path = unshared_pairs.path
    group by tracks.source, tracks.track_id

),

listed_tracks as (

    select
        source,
        regexp_extract(line, 'T[A-Z0-9]{17}') as track_id,
        min(line_number) as line_number

    from mismatches
    group by all

),

faults as (

    select
        source,
        track_id,
        'no_audio_file' as rule,
        'no file carries the 7digital id of the song' as evidence

    from matches
    where path is null

    union all

    select
        source,
        track_id,
        'shared_7digital_id' as rule,
        '7digital id ' || sevendigital_id || ' occurs in ' || n_pairs_of_id
        || ' pairs of song and file' as evidence

    from matches
    where path is not null and n_pairs_of_track is null

    union all

    select
        source,
        track_id,
        'repeated_track_id' as rule,
        'track id occurs in ' || n_pairs_of_track
        || ' pairs of song and file' as evidence

    from matches
    where n_pairs_of_track > 1

    union all

    select
        matches.source,
        matches.track_id,
        'listed_mismatch' as rule,
        'line ' || listed_tracks.line_number || ' of the list' as evidence

    from matches
    inner join listed_tracks
        on
            matches.source = listed_tracks.source
            and matches.track_id = listed_tracks.track_id

),

verdicts as (

    {{ first_verdicts('matches', ['path']) }}

    union all

    select
        source,
        track_id,
        null as path,
        false as is_kept,
        'other_source' as rule,
        'v1 knows the MSD alone, not ' || source as evidence

    from dataset_tracks

)

select * from verdicts
