{#-
    What the vars of the vocabulary name is a clean tag in one recipe at least, and what
    they add is on some kept track. Tags of a preset may be missing where
    min_positives_per_split allows tags without positives.
-#}
{%- set preset = var('vocabulary_preset') %}
with

clean_tags as (

    select
        tag,
        n_tracks

    from {{ ref('tags', v=1) }}
    union all
    select
        tag,
        n_tracks

    from {{ ref('tags', v=2) }}

),

known_tags as (

    select distinct tag from clean_tags
    where n_tracks > 0

),

mapped_tags as (

    select
        tag,
        clean_tag

    from {{ ref('tag_verdicts', v=1) }}
    union
    select
        tag,
        clean_tag

    from {{ ref('tag_verdicts', v=2) }}

),

named_tags as (

    {% for tag in var('vocabulary_with') or [] %}
        select
            'vocabulary_with' as var_name,
            {{ quoted(tag) }} as tag
        union all
    {% endfor %}
    {% for group in var('vocabulary_merge') or [] %}
        {% for tag in group %}
            select
                'vocabulary_merge' as var_name,
                {{ quoted(tag) }} as tag
            union all
        {% endfor %}
    {% endfor %}
    select
        'vocabulary_preset ' || preset as var_name,
        tag

    from {{ ref('vocabulary_presets') }}
    where
        preset = {{ quoted(preset) }}
        and {{ var('min_positives_per_split') }} > 0

),

contradictions as (

    select
        named_tags.var_name || ': no kept track has a clean tag "' || named_tags.tag
        || '"' as message

    from named_tags
    where
        named_tags.tag not in (select known_tags.tag from known_tags)
        and named_tags.tag not in (
            select mapped_tags.tag
            from mapped_tags
            inner join known_tags on mapped_tags.clean_tag = known_tags.tag
            where named_tags.var_name like 'vocabulary_preset%'
        )

    union all

    {% for tag in var('vocabulary_without') or [] %}
        select {{ quoted('vocabulary_without: no clean tag is called "' ~ tag ~ '"') }}
        where {{ quoted(tag) }} not in (select clean_tags.tag from clean_tags)
        union all
    {% endfor %}

    select {{ quoted('vocabulary_preset: no preset is called "' ~ preset ~ '"') }}
    where
        {{ preset is not none }}
        and not exists (
            select 1
            from {{ ref('vocabulary_presets') }} as presets
            where presets.preset = {{ quoted(preset) }}
        )

)

{{ raise_contradictions("contradictions") }}
