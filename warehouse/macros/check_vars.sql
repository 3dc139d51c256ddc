{#- On the start of a run: a var that is not what it may be stops dbt. -#}
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
        {{ _refuse_var(
            name, "expected one of: "
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
            {{ _refuse_var(name, "expected a list of: " ~ words | join(", ")) }}
        {%- endif %}
        {%- for each in var(name) if each not in words %}
            {{ exceptions.raise_compiler_error(
                "the var " ~ name ~ " lists '" ~ each ~ "'; expected: "
                ~ words | join(", ")
            ) }}
        {%- endfor %}
    {%- endfor %}
    {{ _check_numbers() }}
    {{ _check_tag_lists() }}
    {{ _check_shares(var("split_shares")) }}
{% endmacro %}

{#- YAML reads 1e-3 as a text, which would only fail somewhere in the SQL. -#}
{% macro _check_numbers() %}
    {%- set numbers = [
        "tag_target_min_count", "tag_pool_min_count", "same_name_similarity",
        "min_file_bytes", "min_decoded_seconds", "max_missing_seconds",
        "silence_threshold_db", "silence_min_effective_seconds",
        "silence_max_total_seconds", "silence_max_longest_seconds",
        "silence_floor_db", "duplicate_max_seconds_apart",
        "fingerprint_max_bit_error_rate", "fingerprint_min_overlap_seconds",
        "repair_min_share_v1", "repair_min_share", "repair_min_tracks",
        "min_positives_per_split", "vocabulary_size", "implication_min_share",
        "equivalence_min_share", "union_min_share", "relation_min_tracks",
        "union_max_tags",
    ] %}
    {%- set numbers_or_null = [
        "tag_min_weight_v1", "tag_min_weight", "dataset_tag_min_weight",
        "other_name_similarity", "max_clipped_share", "min_bandwidth_hz",
        "min_channel_correlation",
    ] %}
    {%- for name in numbers if var(name) is not number %}
        {{ _refuse_var(name, "expected a number, such as 15 or 0.25") }}
    {%- endfor %}
    {%- for name in numbers_or_null if var(name) is not number and var(name) is not none %}
        {{ _refuse_var(name, "expected a number, such as 15 or 0.25, or null") }}
    {%- endfor %}
{% endmacro %}

{#- A text, taken for a list, would be one of letters. -#}
{% macro _check_tag_lists() %}
    {%- set lists = [
        "vocabulary_with", "vocabulary_without", "vocabulary_without_categories"
    ] %}
    {%- for name in lists if not _is_list_of_texts(var(name)) %}
        {{ _refuse_var(name, "expected a list, such as [rock, pop]") }}
    {%- endfor %}
    {%- set groups = var("vocabulary_merge") %}
    {%- set ns = namespace(are_lists=groups is sequence and groups is not string) %}
    {%- for group in groups or [] if ns.are_lists %}
        {%- set ns.are_lists = _is_list_of_texts(group) == true %}
    {%- endfor %}
    {%- if not ns.are_lists %}
        {{ _refuse_var(
            "vocabulary_merge", "expected a list of lists, such as [[chill, chillout]]"
        ) }}
    {%- endif %}
{% endmacro %}

{% macro _is_list_of_texts(value) %}
    {%- do return(
        value is sequence and value is not string and value is not mapping
        and value | reject("string") | list == []
    ) %}
{% endmacro %}

{% macro _check_shares(shares) %}
    {%- set names = ["train", "validation", "test"] %}
    {%- set given = [] %}
    {%- for name in names if shares is mapping and shares[name] is number %}
        {%- do given.append(shares[name]) %}
    {%- endfor %}
    {%- if given | length < 3 or given | min < 0 or given | sum <= 0 %}
        {{ _refuse_var(
            "split_shares", "expected three numbers: train, validation and test"
        ) }}
    {%- endif %}
{% endmacro %}

{% macro _refuse_var(name, expected) %}
    {{ exceptions.raise_compiler_error(
        "the var " ~ name ~ " is '" ~ var(name) ~ "'; " ~ expected
    ) }}
{% endmacro %}
