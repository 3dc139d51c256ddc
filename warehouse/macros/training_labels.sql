{#-
    Body of training_labels: each track's tags out of the vocabulary, in its order.

    Where a track has a tag of a group of the var vocabulary_merge, it gets all of the
    group; the outputs stay separate.
-#}
{% macro training_labels(version) %}
{%- set groups = var('vocabulary_merge') %}
with

track_labels as (

    select * from {{ ref('track_labels', v=version) }}

),

vocabulary as (

    select * from {{ ref('training_vocabulary', v=version) }}

),

{% if groups %}
    merged_tags as (

        {% for group in groups %}
            {% for tag in group %}
                select
                    {{ loop.index0 }} as place,
                    {{ quoted(tag) }} as tag,
                    {{ quoted("group " ~ group | join(", ")) }} as group_name
                {{ "union all" if not loop.last }}
            {% endfor %}
            {{ "union all" if not loop.last }}
        {% endfor %}

    ),

    track_groups as (

        select distinct
            track_labels.source,
            track_labels.track_id,
            merged_tags.group_name

        from track_labels
        inner join merged_tags on track_labels.tag = merged_tags.tag

    ),

    all_labels as (

        select
            source,
            track_id,
            tag,
            true as is_own

        from track_labels

        union all

        select distinct
            track_groups.source,
            track_groups.track_id,
            merged_tags.tag,
            false as is_own

        from track_groups
        inner join merged_tags on track_groups.group_name = merged_tags.group_name
        anti join track_labels
            on
                track_groups.source = track_labels.source
                and track_groups.track_id = track_labels.track_id
                and merged_tags.tag = track_labels.tag

    ),
{% else %}
    all_labels as (

        select
            source,
            track_id,
            tag,
            true as is_own

        from track_labels

    ),
{% endif %}

-- sorting positions and naming them afterwards is faster than sorting names
track_positions as (

    select
        all_labels.source,
        all_labels.track_id,
        count(*) filter (where all_labels.is_own) as n_clean_tags,
        array_sort(
            array_agg(vocabulary.position) filter (where vocabulary.position is not null)
        ) as positions,
        array_sort(
            array_agg(vocabulary.position)
                filter (where vocabulary.position is not null and not all_labels.is_own)
        ) as merged_positions

    from all_labels
    left join vocabulary on all_labels.tag = vocabulary.tag
    group by all_labels.source, all_labels.track_id

),

names as (

    select {{ ordered_list('tag', 'position') }} as tags
    from vocabulary

),

labelled as (

    select
        track_positions.source,
        track_positions.track_id,
        track_positions.n_clean_tags,
        {{ at_places('names.tags', 'track_positions.positions') }} as labels,
        {{ at_places('names.tags', 'track_positions.merged_positions') }}
            as merged_labels

    from track_positions
    cross join names

)

select * from labelled
{% endmacro %}
