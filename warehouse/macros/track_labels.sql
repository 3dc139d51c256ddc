{#-
    Body of track_labels: the clean tags of each track after label_changes.

    is_changed: whether a var asks for any change; without, it is a plain view.
-#}
{% macro track_labels(version, is_changed) %}
with

track_tags as (

    select * from {{ ref('track_tags', v=version) }}

),

label_changes as (

    select * from {{ ref('label_changes', v=version) }}

),

{% if is_changed %}
    removed as (

        select * from label_changes
        where change = 'removed'

    ),

    added as (

        select * from label_changes
        where change = 'added'

    ),

    kept_labels as (

        select
            source,
            track_id,
            tag,
            weight,
            n_pairs,
            'tagged' as origin

        from track_tags

        union all

        select
            source,
            track_id,
            tag,
            null as weight,
            1 as n_pairs,
            rule as origin

        from added

    ),

    track_labels as (

        select kept_labels.*
        from kept_labels
        anti join removed
            on
                kept_labels.source = removed.source
                and kept_labels.track_id = removed.track_id
                and kept_labels.tag = removed.tag

    )
{% else %}
    track_labels as (

        select
            *,
            'tagged' as origin

        from track_tags

    )
{% endif %}

select * from track_labels
{% endmacro %}
