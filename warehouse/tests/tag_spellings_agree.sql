-- Every spelling of the vocabulary and the synonyms leads to one clean tag, and no
-- spelling normalises to nothing.
with

listed as (

    select
        'tag_vocabulary' as seed,
        clean_tag as spelling,
        clean_tag

    from {{ ref('tag_vocabulary') }}

    union all

    select
        'tag_synonyms' as seed,
        spelling,
        clean_tag

    from {{ ref('tag_synonyms') }}

),

keyed as (

    select
        *,
        {{ tag_key("lower(nfc_normalize(spelling))") }} as tag_key,
        seed || ' "' || spelling || '" (' || clean_tag || ')' as place

    from listed

),

contradictions as (

    select
        min_by(place, clean_tag) || ' contradicts ' || max_by(place, clean_tag)
            as message

    from keyed
    where tag_key is not null
    group by tag_key
    having min(clean_tag) != max(clean_tag)

    union all

    select place || ' has no letter and no digit'
    from keyed
    where tag_key is null or not regexp_matches(tag_key, '[\p{L}\p{N}]')

)

{{ raise_contradictions("contradictions") }}
