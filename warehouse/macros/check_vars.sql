{#- On the start of a run: a var that is none of the words it may be stops dbt. -#}
{% macro check_vars() %}
    {%- set modes = [none, "add", "remove_general", "remove_special"] %}
    {%- set allowed = {
        "repair_labels": modes,
        "repair_labels_v1": modes,
        "duplicates_share_tags": [true, false],
        "dataset_tags_as_given": [true, false],
        "tags_are_clean_v1": [true, false],
    } %}
    {%- for name, words in allowed.items() if var(name) not in words %}
        {{ exceptions.raise_compiler_error(
            "the var " ~ name ~ " is '" ~ var(name) ~ "'; expected one of: "
            ~ words | map("string") | join(", ") | replace("None", "null")
        ) }}
    {%- endfor %}
    {%- for name in var("tag_never_names") if name not in ["artist", "title"] %}
        {{ exceptions.raise_compiler_error(
            "the var tag_never_names lists '" ~ name ~ "'; expected: artist, title"
        ) }}
    {%- endfor %}
{% endmacro %}
