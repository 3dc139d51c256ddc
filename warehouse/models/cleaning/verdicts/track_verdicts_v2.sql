{%- set split_by = var('split_by') -%}
{%- set schemes = [split_by] if split_by is string else split_by or [] -%}
with

tracks as (

    select * from {{ ref('tracks') }}

),

splits as (

    select * from {{ ref('splits') }}

),

file_faults as (

    select * from {{ ref('file_verdicts', v=2) }}

),

duplicates as (

    select * from {{ ref('clean_duplicates', v=2) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 2

),

unsplit_tracks as (

    select
        tracks.source,
        tracks.track_id,
        'not_in_split_scheme' as rule,
        {{ quoted("not in the split " ~ schemes | join(", ")) }} as evidence

    from tracks
    left join splits
        on
            tracks.source = splits.source
            and tracks.track_id = splits.track_id
    where splits.split is null

),

later_faults as (

    select
        source,
        track_id,
        rule,
        evidence

    from duplicates
    where not is_kept

    union all

    select * from unsplit_tracks

),

ordered as (

    select * from file_faults

    union all

    select
        later_faults.source,
        later_faults.track_id,
        rules.rule_order,
        later_faults.rule,
        later_faults.evidence

    from later_faults
    left join rules on later_faults.rule = rules.rule

)

select * from ordered
