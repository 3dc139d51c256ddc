with

track_verdicts as (

    select * from {{ ref('track_verdicts', v=2) }}

),

label_verdicts as (

    select * from {{ ref('clean_labels', v=2) }}
    where not is_kept

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

excluded as (

    select
        source,
        track_id,
        rule_order,
        rule,
        2 as version,
        evidence

    from track_verdicts

    union all

    select
        label_verdicts.source,
        label_verdicts.track_id,
        rules.rule_order,
        label_verdicts.rule,
        2 as version,
        label_verdicts.evidence

    from label_verdicts
    left join rules on label_verdicts.rule = rules.rule

)

select * from excluded
