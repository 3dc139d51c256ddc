with

files as (

    select * from {{ ref('stg_audio__files') }}

),

songs as (

    select * from {{ ref('stg_msd__songs') }}

),

dataset_clips as (

    select * from {{ ref('dataset_clips') }}

),

claimed_paths as (

    select files.path
    from files
    inner join songs on files.sevendigital_id = songs.sevendigital_id
    where files.dataset is null
    union
    select files.path
    from files
    inner join songs on files.track_id = songs.track_id
    union
    select path
    from dataset_clips

),

unmatched as (

    select
        files.path,
        files.sevendigital_id,
        files.track_id,
        files.size_bytes,
        files.status,
        case
            when files.status = 'vanished' then 'gone since the last scan'
            when files.dataset is not null
                then 'the data set ' || files.dataset || ' does not name it'
            when files.sevendigital_id is null and files.track_id is null
                then 'no 7digital id and no track id in the name'
            else 'no song has this id'
        end as reason

    from files
    left join claimed_paths on files.path = claimed_paths.path
    where
        claimed_paths.path is null
        or files.status = 'vanished'

)

select * from unmatched
