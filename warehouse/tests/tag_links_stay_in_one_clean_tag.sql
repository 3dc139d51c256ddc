-- No link of v1 joins two clean tags: the components are complete. Tags that came clean
-- are not joined.
with

links as (

    select * from {{ ref('tag_links', v=1) }}

),

verdicts as (

    select * from {{ ref('clean_tags', v=1) }}
    where is_kept and category = 'genre'

),

contradictions as (

    select
        '"' || links.target || '" and "' || links.tag || '" are linked, but became "'
        || one.clean_tag || '" and "' || other.clean_tag || '"' as message

    from links
    inner join verdicts as one
        on links.source = one.source and links.target = one.tag
    inner join verdicts as other
        on links.source = other.source and links.tag = other.tag
    where one.clean_tag != other.clean_tag and {{ not var('tags_are_clean_v1') }}

)

{{ raise_contradictions("contradictions") }}
