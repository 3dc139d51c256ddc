-- No pair of tags_never_merged leads to one clean tag.
with

pairs as (

    select
        tag_a,
        tag_b,
        {{ tag_key("lower(nfc_normalize(tag_a))") }} as key_a,
        {{ tag_key("lower(nfc_normalize(tag_b))") }} as key_b

    from {{ ref('tags_never_merged') }}

),

spellings as (

    select * from {{ ref('tag_spellings') }}

),

contradictions as (

    select
        '"' || pairs.tag_a || '" and "' || pairs.tag_b || '" both become "'
        || one.clean_tag || '"' as message

    from pairs
    inner join spellings as one on pairs.key_a = one.tag_key
    inner join spellings as other on pairs.key_b = other.tag_key
    where one.clean_tag = other.clean_tag

    union all

    select '"' || tag_a || '" and "' || tag_b || '" have the same key'
    from pairs
    where key_a = key_b

)

{{ raise_contradictions("contradictions") }}
