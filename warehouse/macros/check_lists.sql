{#-
    Before `dbt run`, once the seeds are read: a var that names a list that there is not,
    a threshold that was not measured, or an exception that cannot be made, stops dbt.
    `dbt build` has tests that say the same.
-#}
{% macro check_lists() %}
    {%- if execute and flags.WHICH == "run" %}
        {{ _check_threshold() }}
        {{ _check_exceptions() }}
        {%- set preset = var("vocabulary_preset") %}
        {%- set split_by = var("split_by") %}
        {%- if preset is not none %}
            {{ _check_names(
                "vocabulary_preset", [preset],
                "select distinct preset from seeds.vocabulary_presets", []
            ) }}
        {%- endif %}
        {%- set categories = var("vocabulary_without_categories") %}
        {%- if categories %}
            {{ _check_names(
                "vocabulary_without_categories", categories,
                "select category from seeds.tag_categories union "
                ~ "select distinct category from raw.dataset_tags "
                ~ "where category is not null", ["given"]
            ) }}
        {%- endif %}
        {%- if split_by not in ["artist", "track"] %}
            {{ _check_names(
                "split_by", [split_by] if split_by is string else split_by,
                "select distinct split_scheme from raw.published_splits union "
                ~ "select distinct source from raw.dataset_tracks "
                ~ "where split is not null",
                ["artist", "track"] if split_by is string else []
            ) }}
        {%- endif %}
    {%- endif %}
{% endmacro %}

{% macro _check_names(name, given, query, others) %}
    {%- set known = run_query(query).columns[0].values() | sort %}
    {%- for each in given if each not in known %}
        {{ exceptions.raise_compiler_error(
            "the var " ~ name ~ " is '" ~ each ~ "'; expected one of: "
            ~ (others + known | list) | join(", ")
        ) }}
    {%- endfor %}
{% endmacro %}

{#- A clip that was measured at other thresholds would seem to be without silence. -#}
{% macro _check_threshold() %}
    {%- set threshold = var("silence_threshold_db") %}
    {%- set others = run_query(
        "select distinct " ~ unnested("silence_thresholds_db") ~ " as threshold "
        ~ "from raw.audio_files where status is distinct from 'vanished' and "
        ~ "not array_contains(silence_thresholds_db, " ~ threshold ~ "::double)"
    ).columns[0].values() | sort %}
    {%- if others %}
        {{ exceptions.raise_compiler_error(
            "the var silence_threshold_db is " ~ threshold ~ ", and clips were measured "
            ~ "at " ~ others | join(", ") ~ " alone; add it to silence_thresholds_db in "
            ~ "lyre.toml and run python -m ingest audio"
        ) }}
    {%- endif %}
{% endmacro %}

{#- Rules that leave a track without what a training needs, or are none of a track's own. -#}
{% macro rules_without_exception() %}
    {%- do return(["other_source", "no_audio_file", "not_in_split_scheme"]) %}
{% endmacro %}

{% macro _check_exceptions() %}
    {%- set rows = run_query(
        "select track_id, rule from seeds.track_exceptions where "
        ~ is_listed("rule", rules_without_exception()) ~ " order by track_id, rule"
    ).rows %}
    {%- for track_id, rule in rows %}
        {{ exceptions.raise_compiler_error(
            "track_exceptions: no exception can be made from " ~ rule ~ " (" ~ track_id
            ~ "); take the row out"
        ) }}
    {%- endfor %}
    {%- for rule in run_query(
        "select rule from seeds.track_exceptions where rule not in "
        ~ "(select rule from seeds.cleaning_rules) order by rule"
    ).columns[0].values() %}
        {{ exceptions.raise_compiler_error(
            'track_exceptions: "' ~ rule ~ '" is no rule of cleaning_rules'
        ) }}
    {%- endfor %}
{% endmacro %}
