{#- Step, and which targets start a search in it. -#}
{%- set searches = [
    ("strip", "is_target"),
    ("ampersand_n", "is_target and contains(tag, '&')"),
    ("ampersand_and", "is_target and contains(tag, '&')"),
    ("and_n", "is_target and contains(tag, ' and ')"),
] -%}
{%- set decades = ["decade_19", "decade_20"] -%}

with

pool as (

    select * from {{ ref('tag_pool', v=1) }}
    where is_in_pool

),

keyed as (

    {% for method, searches_in_it in searches %}
        select
            source,
            tag,
            tag_rank,
            {{ loop.index }} as step,
            '{{ method }}' as method,
            {{ tag_key_v1("tag", method) }} as tag_key,
            {{ searches_in_it }} as is_searching

        from pool
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- All tags with the key of a searching target hang together: a star round the
-- highest of these targets says as much as every single pair.
centres as (

    select
        source,
        step,
        tag_key,
        min_by(tag, tag_rank) as target,
        min(tag_rank) as target_rank

    from keyed
    where is_searching
    group by all

),

key_links as (

    select
        keyed.source,
        keyed.step,
        keyed.method,
        keyed.tag_key,
        centres.target,
        centres.target_rank,
        keyed.tag,
        keyed.tag_rank

    from keyed
    inner join centres
        on
            keyed.source = centres.source
            and keyed.step = centres.step
            and keyed.tag_key = centres.tag_key

),

-- The token searches, not the tag that it stands in: `80s` out of `80s rock`.
tokens as (

    select distinct
        source,
        regexp_extract(tag, '(^|[^\p{L}\p{N}_])([0-9]0s)', 2) as token

    from pool
    where is_target

),

-- A token that is neither a target nor linked to one is passed over.
searching_tokens as (

    select
        pool.source,
        pool.tag,
        pool.tag_rank

    from pool
    inner join tokens on pool.source = tokens.source and pool.tag = tokens.token
    where
        tokens.token != ''
        and pool.tag_rank in (select key_links.tag_rank from key_links)

),

decade_links as (

    {% for method in decades %}
        select
            pool.source,
            {{ (searches | length) + loop.index }} as step,
            '{{ method }}' as method,
            {{ tag_key_v1("pool.tag", method) }} as tag_key,
            tokens.tag as target,
            tokens.tag_rank as target_rank,
            pool.tag,
            pool.tag_rank

        from pool
        inner join searching_tokens as tokens
            on
                pool.source = tokens.source
                and {{ tag_key_v1("pool.tag", method) }}
                = {{ tag_key_v1("tokens.tag", method) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

links as (

    select * from key_links
    union all
    select * from decade_links

)

select * from links
where tag_rank != target_rank
