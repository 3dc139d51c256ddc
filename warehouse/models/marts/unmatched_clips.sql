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

unclaimed_files as (

    select files.*
    from files
    anti join songs
        on
            files.sevendigital_id = songs.sevendigital_id
            and files.dataset is null
    anti join songs as named_songs
        on
            files.track_id = named_songs.track_id
            and files.dataset is null
    anti join dataset_clips on files.path = dataset_clips.path

),

left_over as (

    select * from unclaimed_files
    where status is distinct from 'vanished'
    union all
    select * from files
    where status = 'vanished'

),

unmatched as (

    select
        path,
        sevendigital_id,
        track_id,
        size_bytes,
        status,
        case
            when status = 'vanished' then 'gone since the last scan'
            when dataset is not null
                then 'the data set ' || dataset || ' does not name it'
            when sevendigital_id is null and track_id is null
                then 'no 7digital id and no track id in the name'
            else 'no song has this id'
        end as reason

    from left_over

)

select * from unmatched
