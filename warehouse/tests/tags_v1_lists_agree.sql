-- One tag, one place in the lists of v1.
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
        'tags_v1_added' as seed,
        tag,
        target as place

    from {{ ref('tags_v1_added') }}

),

contradictions as (

    select
        seed || ': tag "' || tag || '" is in "' || min(place) || '" and in "'
        || max(place) || '"' as message

    from placed
    group by seed, tag
    having min(place) != max(place)

)

{{ raise_contradictions("contradictions") }}
