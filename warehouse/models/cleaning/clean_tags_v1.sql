-- noqa: disable=PRS
{# The vocal rows follow the genres, in this order. -#}
{% set vocal_tags = ["rap", "instrumental", "male", "female"] -%}
{# Ranks of the vocal rows start above every rank of a tag. -#}
{% set first_vocal_rank = 1000000000000 -%}

{% set numbered_vocals = [] -%}
{% for tag in vocal_tags -%}
    {% do numbered_vocals.append("('" ~ tag ~ "', " ~ loop.index ~ "::bigint)") -%}
{% endfor -%}

{% set before -%}
pool as (

    select * from {{ ref('tag_pool', v=1) }}

),

genre_members as (

    select * from {{ ref('tag_genres', v=1) }}

),

vocal_lists as (

    select * from {{ ref('tags_v1_vocal') }}

),

combined_lists as (

    select * from {{ ref('tags_v1_combined') }}

),

dropped_names as (

    select distinct tag from {{ ref('tags_v1_dropped') }}
    where tag is not null

),

added_tags as (

    select * from {{ ref('tags_v1_added') }}

),

----------  genres

-- Each row of the 2019 table is named by its highest target.
genre_rows as (

    select
        source,
        tag_rank as row_rank,
        tag as row_name

    from genre_members
    where row_rank = tag_rank

),

----------  vocal tags: the listed strings as they stand, and the tag's own name

sources as (

    select
        source,
        row_number() over (order by source asc) as source_number

    from (select distinct pool.source from pool)

),

vocal_rows as (

    select
        sources.source,
        {{ first_vocal_rank }} + 10 * sources.source_number + names.name_number
            as row_rank,
        names.row_name

    from sources
    cross join (
        values {{ numbered_vocals | join(', ') }}
    ) as names (row_name, name_number)

),

vocal_names as (

    select
        row_name,
        row_name as tag

    from vocal_rows

    union

    select
        vocal_tag as row_name,
        tag

    from vocal_lists

),

vocal_members as (

    select
        pool.source,
        pool.tag,
        pool.tag_rank,
        vocal_rows.row_rank,
        'vocal' as rule,
        'on the list of ' || vocal_rows.row_name as evidence

    from pool
    inner join vocal_names on pool.tag = vocal_names.tag
    inner join vocal_rows
        on
            pool.source = vocal_rows.source
            and vocal_names.row_name = vocal_rows.row_name

),

all_rows as (

    select * from genre_rows
    union all
    select * from vocal_rows

),

-- A tag in a genre and in a vocal list fails a test; the vocal list stands here.
members as (

    select * from vocal_members
    union all
    select * from genre_members
    where (source, tag) not in (select source, tag from vocal_members)

),

----------  combine: a list takes effect if all its names are rows

combinable as (

    select
        all_rows.source,
        combined_lists.list,
        min(all_rows.row_rank) as row_rank

    from combined_lists
    inner join all_rows on combined_lists.tag = all_rows.row_name
    group by all
    having count(distinct combined_lists.tag) = (
        select count(distinct others.tag)
        from combined_lists as others
        where others.list = combined_lists.list
    )

),

combined_rows as (

    select
        all_rows.row_rank as old_rank,
        all_rows.source,
        combinable.row_rank,
        all_rows.row_name

    from combinable
    inner join combined_lists using (list)
    inner join all_rows
        on
            combinable.source = all_rows.source
            and combined_lists.tag = all_rows.row_name
    where all_rows.row_rank != combinable.row_rank

),

combined_members as (

    select
        members.* {{ without('row_rank, rule, evidence') }},
        coalesce(combined_rows.row_rank, members.row_rank) as row_rank,
        case
            when combined_rows.row_name is null then members.rule else 'combined'
        end as rule,
        case
            when combined_rows.row_name is null then members.evidence
            else 'with ''' || combined_rows.row_name || ''', which the lists combine'
        end as evidence

    from members
    left join combined_rows
        on
            members.source = combined_rows.source
            and members.row_rank = combined_rows.old_rank

),

rows_after_combining as (

    select * from all_rows
    where
        (source, row_rank) not in (select source, old_rank from combined_rows)

),

----------  drop: a row with all its members, or a member alone

kept_rows as (

    select * from rows_after_combining
    where row_name not in (select tag from dropped_names)

),

kept_members as (

    select combined_members.*
    from combined_members
    inner join kept_rows using (source, row_rank)
    where combined_members.tag not in (select tag from dropped_names)

),

dropped_members as (

    select
        source,
        tag

    from combined_members
    where (source, tag) not in (select source, tag from kept_members)

),

----------  add: tags join the row of a target, and unite it with their own row

added_edges as (

    select
        targets.source,
        added_tags.list::bigint as list,
        added_tags.named_by,
        targets.row_rank as node_a,
        coalesce(owners.row_rank, pool.tag_rank) as node_b

    from added_tags
    inner join kept_members as targets on added_tags.target = targets.tag
    inner join pool on targets.source = pool.source and added_tags.tag = pool.tag
    left join kept_members as owners
        on pool.source = owners.source and pool.tag = owners.tag

),
{% endset %}

with recursive

{{ before }}

{{ components_of('united', 'added_edges', before) }},

-- The first list that names by its target decides, else the rank.
united_names as (

    select
        united.component,
        coalesce(
            min_by(added_edges.node_a, added_edges.list)
                filter (where added_edges.named_by = 'target'),
            min(added_edges.node_a)
        ) as target_rank,
        min(kept_rows.row_rank) as first_rank,
        bool_or(added_edges.named_by = 'target') as is_named_by_target

    from united
    left join added_edges on united.node = added_edges.node_a
    left join kept_rows on united.node = kept_rows.row_rank
    group by all

),

added_rows as (

    select
        united.node,
        case
            when united_names.is_named_by_target then united_names.target_rank
            else united_names.first_rank
        end as row_rank

    from united
    inner join united_names using (component)

),

added_members as (

    select
        kept_members.* {{ without('row_rank, rule, evidence') }},
        coalesce(added_rows.row_rank, kept_members.row_rank) as row_rank,
        case
            when added_rows.row_rank != kept_members.row_rank then 'added'
            else kept_members.rule
        end as rule,
        case
            when added_rows.row_rank != kept_members.row_rank
                then 'its row is united with another by a list of added tags'
            else kept_members.evidence
        end as evidence

    from kept_members
    left join added_rows on kept_members.row_rank = added_rows.node

    union all

    select
        pool.source,
        pool.tag,
        pool.tag_rank,
        added_rows.row_rank,
        'added',
        'on a list of added tags'

    from pool
    inner join added_rows on pool.tag_rank = added_rows.node
    where (pool.source, pool.tag) not in (select source, tag from kept_members)

),

named as (

    select
        added_members.source,
        added_members.tag,
        lower(kept_rows.row_name) as clean_tag,
        case
            when kept_rows.row_rank > {{ first_vocal_rank }} then 'vocal' else 'genre'
        end as category,
        added_members.rule,
        added_members.evidence

    from added_members
    inner join kept_rows using (source, row_rank)

),

{% if var('tags_are_clean_v1') %}
verdicts as (

    select
        ----------  ids
        source,
        tag,

        ----------  text
        tag as clean_tag,
        if({{ is_listed('tag', vocal_tags) }}, 'vocal', 'genre') as category,

        ----------  booleans
        true as is_kept,

        ----------  text
        'already_clean' as rule,
        'a tag of a clean database' as evidence

    from pool

)
{% else %}
verdicts as (

    select
        ----------  ids
        pool.source,
        pool.tag,

        ----------  text
        named.clean_tag,
        named.category,

        ----------  booleans
        named.clean_tag is not null as is_kept,

        ----------  text
        case
            when named.clean_tag is not null then named.rule
            when dropped_members.tag is not null then 'dropped'
            when pool.is_rejected then 'rejected'
            when not pool.is_in_pool then 'below_pool'
            else 'unmapped'
        end as rule,
        case
            when named.clean_tag is not null then named.evidence
            when dropped_members.tag is not null then 'it or its row is dropped'
            when pool.is_rejected then 'on the list of rejected tags'
            else 'on ' || pool.n_pairs || ' tracks'
        end as evidence

    from pool
    left join named using (source, tag)
    left join dropped_members using (source, tag)

)
{% endif %}

select * from verdicts
