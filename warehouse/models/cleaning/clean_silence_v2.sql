with

matches as (

    select * from {{ ref('match_verdicts', v=2) }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

),

silences as (

    select * from {{ ref('stg_audio__silences') }}
    where threshold_db = {{ var('silence_threshold_db') }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

judged as (

    select
        matches.source,
        matches.track_id,
        files.path,
        coalesce(files.decoded_seconds, 0) as decoded_seconds,
        files.loudest_frame_db

    from matches
    inner join files on matches.path = files.path

),

extents as (

    {{ sound_extents() }}

),

faults as (

    select
        source,
        track_id,
        'silent' as rule,
        'loudest frame ' || {{ shown('loudest_frame_db') }}
        || ' dBFS < {{ var("silence_floor_db") }} dBFS' as evidence

    from judged
    where loudest_frame_db < {{ var('silence_floor_db') }}

    union all

    {{ silence_faults() }}

),

verdicts as (

    {{ first_verdicts('judged') }}

)

select * from verdicts
