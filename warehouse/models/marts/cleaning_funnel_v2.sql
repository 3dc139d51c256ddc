with

tracks as (

    select * from {{ ref('tracks') }}

),

excluded as (

    select * from {{ ref('excluded_tracks', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

first_exclusions as (

    select
        source,
        track_id,
        min(rule_order) as rule_order

    from excluded
    group by source, track_id

),

steps as (

    select
        0 as rule_order,
        'all_songs' as rule,
        0 as n_excluded

    union all

    select
        rules.rule_order,
        rules.rule,
        count(first_exclusions.track_id) as n_excluded

    from rules
    left join first_exclusions on rules.rule_order = first_exclusions.rule_order
    group by rules.rule_order, rules.rule

),

funnel as (

    select
        rule_order,
        rule,
        n_excluded,
        (
            (select count(*) from tracks)
            - sum(n_excluded) over (order by rule_order)
        )::bigint as n_left

    from steps

)

select * from funnel
order by rule_order
