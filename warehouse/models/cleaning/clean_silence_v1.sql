with

matches as (

    select * from {{ ref('match_verdicts', v=1) }}

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
    where version = 1

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

judged as (

    select
        matches.source,
        matches.track_id,
        files.path,
        coalesce(files.decoded_seconds, 0) as decoded_seconds

    from matches
    inner join files on matches.path = files.path

),

extents as (

    {{ sound_extents() }}

),

faults as (

    {{ silence_faults() }}

),

verdicts as (

    {{ first_verdicts('judged') }}

)

select * from verdicts
