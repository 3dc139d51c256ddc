-- A mart that names clean tags takes them from the marts before it, of its own version.
{%- set relations = [
    ("track_labels", "tag", "tags", "tag"),
    ("tag_cooccurrence", "tag_a", "track_tags", "tag"),
    ("tag_cooccurrence", "tag_b", "track_tags", "tag"),
    ("tag_implications", "special_tag", "tag_cooccurrence", "tag_a"),
    ("tag_implications", "general_tag", "tag_cooccurrence", "tag_a"),
    ("tag_equivalents", "tag_a", "tag_cooccurrence", "tag_a"),
    ("tag_equivalents", "tag_b", "tag_cooccurrence", "tag_a"),
    ("tag_unions", "tag", "tag_cooccurrence", "tag_a"),
    ("tag_unions", "tag_1", "tag_cooccurrence", "tag_a"),
    ("tag_unions", "tag_2", "tag_cooccurrence", "tag_a"),
    ("label_changes", "tag", "track_tags", "tag"),
    ("training_vocabulary", "tag", "tags", "tag"),
    ("split_report", "tag", "training_vocabulary", "tag"),
    ("training_set", "unnest(labels)", "training_vocabulary", "tag"),
] %}
with

strangers as (

    {% for version in [1, 2] %}
        {% set is_last = loop.last %}
        {% for model, column, to, field in relations %}
            select
                '{{ model }}_v{{ version }}: "' || named.tag
                || '" is no tag of {{ to }}' as message

            from (
                select distinct {{ column }} as tag
                from {{ ref(model, v=version) }}
            ) as named
            where
                named.tag not in (
                    select known.{{ field }}
                    from {{ ref(to, v=version) }} as known
                )
            {{ "union all" if not (is_last and loop.last) }}
        {% endfor %}
    {% endfor %}

)

{{ raise_contradictions('strangers') }}
