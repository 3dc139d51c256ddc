with

matches as (

    select * from {{ ref('match_verdicts', v=2) }}

),

files as (

    select * from {{ ref('stg_audio__files') }}

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
        files.size_bytes,
        files.header_seconds,
        coalesce(files.decoded_seconds, 0) as decoded_seconds,
        files.clipped_share,
        files.bandwidth_hz,
        files.channel_correlation,
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
        'nothing decoded (' || coalesce(error, status, 'not scanned') || ')'
            as evidence

    from judged
    where
        decoded_seconds = 0
        or coalesce(status, 'not scanned') not in ('ok', 'partial')

    union all

    select
        source,
        track_id,
        'partial' as rule,
        printf(
            'decoding broke off after %.2f s (%s)',
            decoded_seconds,
            coalesce(error, status)
        ) as evidence

    from judged
    where status = 'partial'

    union all

    select
        source,
        track_id,
        'too_short' as rule,
        {{ shown('decoded_seconds') }}
        || ' s decoded < {{ var("min_decoded_seconds") }} s' as evidence

    from judged
    where decoded_seconds < {{ var('min_decoded_seconds') }}

    union all

    select
        source,
        track_id,
        'duration_mismatch' as rule,
        {{ shown('decoded_seconds') }} || ' s decoded of '
        || {{ shown('header_seconds') }} || ' s declared' as evidence

    from judged
    where
        round(header_seconds - decoded_seconds, 6)
        > {{ var('max_missing_seconds') }}

    {% if var('max_clipped_share') is not none %}
        union all

        select
            source,
            track_id,
            'clipped' as rule,
            'share of clipped samples ' || {{ shown('clipped_share') }}
            || ' > {{ var("max_clipped_share") }}' as evidence

        from judged
        where clipped_share > {{ var('max_clipped_share') }}
    {% endif %}

    {% if var('min_bandwidth_hz') is not none %}
        union all

        select
            source,
            track_id,
            'narrow_band' as rule,
            'band width ' || {{ shown('bandwidth_hz') }}
            || ' Hz < {{ var("min_bandwidth_hz") }} Hz' as evidence

        from judged
        where bandwidth_hz < {{ var('min_bandwidth_hz') }}
    {% endif %}

    {% if var('min_channel_correlation') is not none %}
        union all

        select
            source,
            track_id,
            'opposite_phase' as rule,
            'correlation of the channels ' || {{ shown('channel_correlation') }}
            || ' < {{ var("min_channel_correlation") }}' as evidence

        from judged
        where channel_correlation < {{ var('min_channel_correlation') }}
    {% endif %}

),

verdicts as (

    {{ first_verdicts('judged') }}

)

select * from verdicts
