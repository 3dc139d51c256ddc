{#-
    Body of training_vocabulary. The most frequent tags, or those of a preset; plus and
    minus the tags of the vars vocabulary_with and vocabulary_without, minus categories.
-#}
{% macro training_vocabulary(version) %}
with

tags as (

    select * from {{ ref('tags', v=version) }}
    where n_tracks > 0

),

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=version) }}

),

-- a preset is written in its paper's spelling, which is a raw tag to us
preset_tags as (

    select
        coalesce(tags.tag, tag_verdicts.clean_tag) as tag,
        min(presets.position) as position

    from {{ ref('vocabulary_presets') }} as presets
    left join tags on presets.tag = tags.tag
    left join tag_verdicts on presets.tag = tag_verdicts.tag
    where presets.preset = {{ quoted(var("vocabulary_preset")) }}
    group by all

),

selected as (

    select
        tags.*,
        preset_tags.position as preset_position,
        {% if var('vocabulary_preset') is none %}
            row_number() over (order by tags.rank asc) <= {{ var('vocabulary_size') }}
        {% else %}
            preset_tags.position is not null
        {% endif %}
            as is_chosen

    from tags
    left join preset_tags on tags.tag = preset_tags.tag
    where not {{ is_listed('tags.category', var('vocabulary_without_categories')) }}

),

vocabulary as (

    select
        row_number() over (order by preset_position asc nulls last, rank asc) - 1
            as position,
        tag,
        category,
        n_tracks

    from selected
    where
        (is_chosen or {{ is_listed('tag', var('vocabulary_with')) }})
        and not {{ is_listed('tag', var('vocabulary_without')) }}

)

select * from vocabulary
{% endmacro %}
