with

matches as (

    select * from {{ ref('match_verdicts', v=2) }}

),

audio as (

    select * from {{ ref('clean_audio', v=2) }}

),

silence as (

    select * from {{ ref('clean_silence', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

faults as (

    select
        source,
        track_id,
        rule,
        evidence

    from matches
    where not is_kept

    union all

    select
        source,
        track_id,
        rule,
        evidence

    from audio
    where not is_kept

    union all

    select
        source,
        track_id,
        rule,
        evidence

    from silence
    where not is_kept

),

ordered as (

    select
        faults.source,
        faults.track_id,
        rules.rule_order,
        faults.rule,
        faults.evidence

    from faults
    left join rules on faults.rule = rules.rule

)

select * from ordered
