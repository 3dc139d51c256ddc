with

tracks as (

    select * from {{ ref('tracks') }}

),

listed_duplicates as (

    select * from {{ ref('stg_msd__duplicates') }}

),

file_faults as (

    select * from {{ ref('file_verdicts', v=1) }}

),

rules as (

    select * from {{ ref('cleaning_rules') }}
    where version = 1

),

exceptions as (

    select * from {{ ref('track_exceptions') }}

),

-- what M1 to M6 left; M8 and M9, silence and size, come after the duplicates
earlier_faults as (

    select
        source,
        track_id

    from file_faults
    where
        rule_order < (
            select rules.rule_order from rules
            where rules.rule = 'duplicate'
        )

    {% if var('exclude_untagged_v1') %}
        union

        select
            tracks.source,
            tracks.track_id

        from tracks
        left join exceptions
            on
                tracks.source = exceptions.source
                and tracks.track_id = exceptions.track_id
                and exceptions.rule = 'untagged'
        where
            tracks.n_raw_tags = 0
            and exceptions.rule is null
    {% endif %}

),

survivors as (

    select
        source,
        track_id

    from tracks
    except
    select * from earlier_faults

),

-- the seeded hash stands for the draw of 2019, which SQL cannot repeat
members as (

    select
        survivors.source,
        survivors.track_id,
        listed_duplicates.group_number,
        any_value(listed_duplicates.group_label) as group_label,
        md5({{ quoted(var("duplicate_seed_v1")) }} || survivors.track_id) as lot

    from survivors
    inner join listed_duplicates
        on
            survivors.source = listed_duplicates.source
            and survivors.track_id = listed_duplicates.track_id
    where {{ var('exclude_duplicates_v1') }}
    group by survivors.source, survivors.track_id, listed_duplicates.group_number

),

drawn as (

    select
        *,
        count(*) over (partition by source, group_number) as n_members,
        first_value(track_id) over (
            partition by source, group_number
            order by lot asc, track_id asc
        ) as kept_track_id

    from members

),

losers as (

    select
        *,
        case
            when n_members = 1 then 'the only one left'
            else kept_track_id || ' is kept'
        end as outcome

    from drawn
    where
        track_id != kept_track_id
        or (n_members = 1 and {{ var('drop_lone_duplicates_v1') }})

),

faults as (

    select
        source,
        track_id,
        'duplicate' as rule,
        {{ joined_texts(
            "'group ' || group_number || coalesce(' (' || group_label || ')', '')"
            ~ " || ': ' || outcome",
            "; ", "group_number"
        ) }} as evidence

    from losers
    group by source, track_id

),

verdicts as (

    {{ first_verdicts('tracks') }}

)

select * from verdicts
