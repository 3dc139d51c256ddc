-- Clips were measured at the threshold that the silence rules read; at another one
-- a clip would seem to be without silence.
with

other_thresholds as (

    select distinct unnest(silence_thresholds_db) as threshold
    from {{ ref('stg_audio__files') }}
    where
        status is distinct from 'vanished'
        and not array_contains(
            silence_thresholds_db, {{ var('silence_threshold_db') }}::double
        )

),

unmeasured as (

    select
        'silence_threshold_db is {{ var("silence_threshold_db") }}, and clips were'
        || ' measured at ' || threshold || '; add it to silence_thresholds_db in'
        || ' lyre.toml and run python -m ingest audio' as message

    from other_thresholds

)

{{ raise_contradictions('unmeasured') }}
