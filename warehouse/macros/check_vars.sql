{#- On the start of a run: a var that is none of the words it may be stops dbt. -#}
{% macro check_vars() %}
    {%- set modes = [none, "add", "remove_general", "remove_special"] %}
    {%- set allowed = {
        "repair_labels": modes,
        "repair_labels_v1": modes,
        "duplicates_share_tags": [true, false],
        "dataset_tags_as_given": [true, false],
        "tags_are_clean_v1": [true, false],
        "exclude_untagged_v1": [true, false],
        "exclude_duplicates_v1": [true, false],
        "drop_lone_duplicates_v1": [true, false],
    } %}
    {%- for name, words in allowed.items() if var(name) not in words %}
        {{ exceptions.raise_compiler_error(
            "the var " ~ name ~ " is '" ~ var(name) ~ "'; expected one of: "
            ~ words | map("string") | join(", ") | replace("None", "null")
        ) }}
    {%- endfor %}
    {%- set of_lists = {
        "tag_never_names": ["artist", "title"],
        "duplicate_reasons": ["listed", "content", "sound", "fingerprint", "name"],
        "split_shares": ["train", "validation", "test"],
    } %}
    {%- for name, words in of_lists.items() %}
        {%- if var(name) is string %}
            {{ exceptions.raise_compiler_error(
                "the var " ~ name ~ " is '" ~ var(name) ~ "'; expected a list of: "
                ~ words | join(", ")
            ) }}
        {%- endif %}
        {%- for each in var(name) if each not in words %}
            {{ exceptions.raise_compiler_error(
                "the var " ~ name ~ " lists '" ~ each ~ "'; expected: "
                ~ words | join(", ")
            ) }}
        {%- endfor %}
    {%- endfor %}
{% endmacro %}
