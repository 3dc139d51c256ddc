with

matches as (

    select * from {{ ref('match_verdicts', v=1) }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

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
        files.size_bytes,
        files.header_seconds,
        files.status,
        files.error

    from matches
    inner join files on matches.path = files.path

),

faults as (

    select
        source,
        track_id,
        'empty_file' as rule,
        '0 bytes' as evidence

    from judged
    where size_bytes = 0

    union all

    select
        source,
        track_id,
        'unopenable' as rule,
        'no header with a duration (' || coalesce(error, status, 'not scanned')
        || ')' as evidence

    from judged
    where header_seconds is null

    union all

    select
        source,
        track_id,
        'file_too_small' as rule,
        {{ with_thousands('size_bytes') }} || ' bytes <= '
        || {{ with_thousands(var('min_file_bytes')) }} as evidence

    from judged
    where size_bytes <= {{ var('min_file_bytes') }}

),

verdicts as (

    {{ first_verdicts('judged') }}

)

select * from verdicts
