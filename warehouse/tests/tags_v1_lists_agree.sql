-- In the lists of v1, one tag has one place and one list of added tags one target.
with

placed as (

    select
        'tags_v1_vocal' as seed,
        tag,
        vocal_tag as place

    from {{ ref('tags_v1_vocal') }}

    union all

    select
        'tags_v1_combined' as seed,
        tag,
        list as place

    from {{ ref('tags_v1_combined') }}

    union all

    select
        'tags_v1_added, list' as seed,
        list as tag,
        target as place

    from {{ ref('tags_v1_added') }}

    union all

    select
        'tags_v1_added, naming of list' as seed,
        list as tag,
        named_by as place

    from {{ ref('tags_v1_added') }}

),

contradictions as (

    select
        seed || ' "' || tag || '" belongs to "' || min(place) || '" and to "'
        || max(place) || '"' as message

    from placed
    group by seed, tag
    having min(place) != max(place)

)

{{ raise_contradictions("contradictions") }}
