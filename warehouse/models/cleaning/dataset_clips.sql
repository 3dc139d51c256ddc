with

dataset_tracks as (

    select * from {{ ref('stg_datasets__tracks') }}

),

files as (

    select * from {{ ref('stg_audio__files') }}
    where status is distinct from 'vanished'

),

-- in the data set's own folder, under its name in the common one, or right there;
-- MTG-Jamendo's smaller files are named 14.low.mp3 where the list says 14.mp3
possible_paths as (

    select
        dataset_tracks.source,
        dataset_tracks.track_id,
        case choices.preference
            when 1 then dataset_tracks.source || '/' || dataset_tracks.clip_path
            when
                2
                then
                    dataset_tracks.source || '/'
                    || regexp_replace(dataset_tracks.clip_path, '\.mp3$', '.low.mp3')
            when 3 then dataset_tracks.clip_path
            else regexp_replace(dataset_tracks.clip_path, '\.mp3$', '.low.mp3')
        end as path,
        choices.preference

    from dataset_tracks
    cross join (values (1), (2), (3), (4)) as choices (preference)
    where dataset_tracks.clip_path is not null

),

dataset_clips as (

    select
        possible_paths.source,
        possible_paths.track_id,
        files.path

    from possible_paths
    inner join files on possible_paths.path = files.path
    where coalesce(files.dataset, possible_paths.source) = possible_paths.source
    qualify row_number() over (
        partition by possible_paths.source, possible_paths.track_id
        order by possible_paths.preference asc
    ) = 1

)

select * from dataset_clips
