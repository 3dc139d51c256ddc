-- noqa: disable=PRS
{% set before %}
pool as (

    select * from {{ ref('tag_pool', v=1) }}

),

links as (

    select * from {{ ref('tag_links', v=1) }}

),

link_edges as (

    select distinct
        target_rank as node_a,
        tag_rank as node_b

    from links

),
{% endset %}

with recursive

{{ before }}

{{ components_of('linked', 'link_edges', before) }},

first_links as (

    select
        tag_rank,
        min_by(method, step) as method,
        min_by(tag_key, step) as tag_key,
        min_by(target, step) as target

    from links
    group by all

),

genre_members as (

    select
        pool.source,
        pool.tag,
        pool.tag_rank,
        coalesce(linked.component, pool.tag_rank) as row_rank,
        case when pool.is_target then 'target' else first_links.method end as rule,
        case
            when pool.is_target
                then
                    'on ' || pool.n_pairs || ' tracks, target from '
                    || {{ var('tag_target_min_count') }}
            else
                'key ''' || first_links.tag_key || ''' as target '''
                || first_links.target || ''''
        end as evidence

    from pool
    left join linked on pool.tag_rank = linked.node
    left join first_links using (tag_rank)
    where pool.is_target or linked.node is not null

)

select * from genre_members
