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

-- a song and a file with one 7digital id are a pair; numbers are cheaper to count
-- than pairs to list
clips_of_id as (

    select
        sevendigital_id,
        count(*) as n_clips,
        min(path) as path

    from clips
    where sevendigital_id is not null
    group by sevendigital_id

),

songs_of_id as (

    select
        source,
        sevendigital_id,
        count(*) as n_songs

    from songs
    group by source, sevendigital_id

),

paired_songs as (

    select
        songs.source,
        songs.track_id,
        clips_of_id.sevendigital_id,
        clips_of_id.path,
        songs_of_id.n_songs * clips_of_id.n_clips as n_pairs_of_id

    from songs
    left join clips_of_id on songs.sevendigital_id = clips_of_id.sevendigital_id
    left join songs_of_id
        on
            songs.source = songs_of_id.source
            and clips_of_id.sevendigital_id = songs_of_id.sevendigital_id

),

matches as (

    select
        source,
        track_id,
        coalesce(min(path) filter (where n_pairs_of_id = 1), min(path)) as path,
        min(sevendigital_id) as sevendigital_id,
        max(n_pairs_of_id) as n_pairs_of_id,
        nullif(count(*) filter (where n_pairs_of_id = 1), 0) as n_pairs_of_track

    from paired_songs
    group by source, track_id

),

listed_tracks as (

    select
        source,
        regexp_extract(line, 'T[A-Z0-9]{17}', 0) as track_id,
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
