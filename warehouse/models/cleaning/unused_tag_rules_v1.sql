with

verdicts as (

    select * from {{ ref('tag_verdicts', v=1) }}

),

listed as (

    select
        'tags_v1_rejected' as seed,
        tag

    from {{ ref('tags_v1_rejected') }}

    union

    select
        'tags_v1_vocal' as seed,
        tag

    from {{ ref('tags_v1_vocal') }}

    union

    select
        'tags_v1_combined' as seed,
        tag

    from {{ ref('tags_v1_combined') }}

    union

    select
        'tags_v1_dropped' as seed,
        tag

    from {{ ref('tags_v1_dropped') }}

    union

    select
        'tags_v1_added' as seed,
        target as tag

    from {{ ref('tags_v1_added') }}

    union

    select
        'tags_v1_added' as seed,
        tag

    from {{ ref('tags_v1_added') }}

),

sources as (

    select distinct source from verdicts

),

judged as (

    select
        sources.source,
        listed.seed,
        listed.tag,
        case
            when verdicts.tag is null then 'no such tag in the source'
            when
                listed.seed = 'tags_v1_combined'
                and verdicts.rule not in ('combined', 'dropped', 'added')
                and coalesce(verdicts.clean_tag, '') != lower(listed.tag)
                then 'not the name of a clean tag, so its list is passed over'
            when
                listed.seed = 'tags_v1_dropped'
                and verdicts.rule in ('rejected', 'below_pool', 'unmapped')
                then 'in no clean tag, so there is nothing to drop'
            when listed.seed = 'tags_v1_added' and verdicts.clean_tag is null
                then 'there is no clean tag to join'
        end as reason

    from sources
    cross join listed
    left join verdicts
        on sources.source = verdicts.source and listed.tag = verdicts.tag

),

unused as (

    select * from judged
    where reason is not null

)

select * from unused
