-- A raw tag stands in a genre and in a vocal list of v1: reject it as a genre or take
-- it off the vocal list.
with

vocal as (

    select * from {{ ref('tags_v1_vocal') }}

),

genres as (

    select
        tag,
        tag as target

    from {{ ref('tag_pool', v=1) }}
    where is_target

    union all

    select
        tag,
        target

    from {{ ref('tag_links', v=1) }}

),

contradictions as (

    select
        'tag "' || vocal.tag || '" is in the vocal list "' || vocal.vocal_tag
        || '" and in the genre "' || genres.target || '"' as message

    from vocal
    inner join genres on vocal.tag = genres.tag
    -- A clean database has the vocal tags themselves, and no tag is mapped.
    where {{ not var('tags_are_clean_v1') }}

)

{{ raise_contradictions("contradictions") }}
