{#- On the start of a run: a var that is not what it may be stops dbt. -#}
{% macro check_vars() %}
    {{ _check_names_of_vars() }}
    {{ _check_words() }}
    {%- for name, low, high, kind in vars_of_numbers() %}
        {{ _check_number(name, low, high, kind) }}
    {%- endfor %}
    {{ _check_tag_lists() }}
    {{ _check_shares(var("split_shares")) }}
{% endmacro %}

{#- Vars of one of a few words, of a few words, of texts and of lists. -#}
{% macro vars_of_words() %}
    {%- set modes = [none, "add", "remove_general", "remove_special"] %}
    {%- set switch = [true, false] %}
    {%- do return({
        "repair_labels": modes,
        "repair_labels_v1": modes,
        "duplicates_share_tags": switch,
        "dataset_tags_as_given": switch,
        "tags_are_clean_v1": switch,
        "exclude_untagged_v1": switch,
        "exclude_duplicates_v1": switch,
        "drop_lone_duplicates_v1": switch,
    }) %}
{% endmacro %}

{% macro vars_of_lists_of_words() %}
    {%- do return({
        "tag_never_names": ["artist", "title"],
        "duplicate_reasons": ["listed", "content", "sound", "fingerprint", "name"],
    }) %}
{% endmacro %}

{% macro vars_of_texts() %}
    {%- do return(["split_seed", "duplicate_seed_v1", "raw_parquet"]) %}
{% endmacro %}

{% macro vars_of_tag_lists() %}
    {%- do return([
        "vocabulary_with", "vocabulary_without", "vocabulary_without_categories"
    ]) %}
{% endmacro %}

{#- Vars of numbers: name, least, most (none: no limit), and what kind of number. -#}
{% macro vars_of_numbers() %}
    {%- set numbers = [] %}
    {%- for name in [
        "tag_target_min_count", "tag_pool_min_count", "min_file_bytes",
        "repair_min_tracks", "min_positives_per_split", "vocabulary_size",
        "relation_min_tracks", "union_max_tags",
    ] %}
        {%- do numbers.append((name, 0, none, "whole")) %}
    {%- endfor %}
    {%- for name in [
        "same_name_similarity", "fingerprint_max_bit_error_rate",
        "repair_min_share_v1", "repair_min_share", "implication_min_share",
        "equivalence_min_share", "union_min_share",
    ] %}
        {%- do numbers.append((name, 0, 1, "any")) %}
    {%- endfor %}
    {%- for name in [
        "min_decoded_seconds", "max_missing_seconds", "silence_threshold_db",
        "silence_min_effective_seconds", "silence_max_total_seconds",
        "silence_max_longest_seconds", "duplicate_max_seconds_apart",
        "fingerprint_min_overlap_seconds",
    ] %}
        {%- do numbers.append((name, 0, none, "any")) %}
    {%- endfor %}
    {%- for name in ["tag_min_weight_v1", "tag_min_weight", "dataset_tag_min_weight"] %}
        {%- do numbers.append((name, none, none, "any or null")) %}
    {%- endfor %}
    {%- do return(numbers + [
        ("silence_floor_db", none, 0, "any"),
        ("other_name_similarity", 0, 1, "any or null"),
        ("max_clipped_share", 0, 1, "any or null"),
        ("min_bandwidth_hz", 0, none, "any or null"),
        ("min_channel_correlation", -1, 1, "any or null"),
    ]) %}
{% endmacro %}

{% macro names_of_vars() %}
    {%- do return(
        vars_of_words().keys() | list
        + vars_of_lists_of_words().keys() | list
        + vars_of_texts() + vars_of_tag_lists()
        + vars_of_numbers() | map(attribute=0) | list
        + ["split_by", "split_shares", "vocabulary_preset", "vocabulary_merge"]
    ) %}
{% endmacro %}

{#- What --vars names and dbt_project.yml does not would change nothing. -#}
{% macro _check_names_of_vars() %}
    {%- set known = names_of_vars() %}
    {%- for name in invocation_args_dict.get("vars") or {} if name not in known %}
        {{ exceptions.raise_compiler_error(
            "there is no var " ~ name ~ "; dbt_project.yml lists them all"
        ) }}
    {%- endfor %}
{% endmacro %}

{% macro _check_words() %}
    {%- for name, words in vars_of_words().items()
        if var(name) not in words or (true in words and var(name) is not boolean) %}
        {{ _refuse_var(
            name, "expected one of: "
            ~ words | map("string") | join(", ") | replace("None", "null")
        ) }}
    {%- endfor %}
    {%- for name, words in vars_of_lists_of_words().items() %}
        {%- if not _is_list_of_texts(var(name) or []) %}
            {{ _refuse_var(name, "expected a list of: " ~ words | join(", ")) }}
        {%- endif %}
        {%- for each in var(name) or [] if each not in words %}
            {{ exceptions.raise_compiler_error(
                "the var " ~ name ~ " lists '" ~ each ~ "'; expected: "
                ~ words | join(", ")
            ) }}
        {%- endfor %}
    {%- endfor %}
    {%- for name in vars_of_texts() if var(name) is not string and not is_number(var(name)) %}
        {{ _refuse_var(name, "expected a text") }}
    {%- endfor %}
    {%- set preset = var("vocabulary_preset") %}
    {%- if preset is not none and preset is not string %}
        {{ _refuse_var("vocabulary_preset", "expected the name of a preset, or null") }}
    {%- endif %}
    {%- set split_by = var("split_by") %}
    {%- if not split_by or (split_by is not string and not _is_list_of_texts(split_by)) %}
        {{ _refuse_var(
            "split_by", "expected artist, track, a scheme, or a list of schemes"
        ) }}
    {%- endif %}
{% endmacro %}

{#- To Python, and so to Jinja, true and false are numbers. -#}
{% macro is_number(value) %}
    {%- do return(value is number and value is not boolean) %}
{% endmacro %}

{#- YAML reads 1e-3 as a text, which would only fail somewhere in the SQL. -#}
{% macro _check_number(name, low, high, kind) %}
    {%- set value = var(name) %}
    {%- set or_null = ", or null" if "null" in kind else "" %}
    {%- if value is not none or not or_null %}
        {%- if not is_number(value) %}
            {{ _refuse_var(name, "expected a number, such as 15 or 0.25" ~ or_null) }}
        {%- endif %}
        {%- if kind == "whole" and value is not integer %}
            {{ _refuse_var(name, "expected a whole number") }}
        {%- endif %}
        {#- Neither do infinity and what is not a number lie between two numbers. -#}
        {%- set least = -1e15 if low is none else low %}
        {%- set most = 1e15 if high is none else high %}
        {%- if not (least <= value and value <= most) %}
            {%- set limits = "from " ~ low ~ " to " ~ high %}
            {%- if low is none or high is none %}
                {%- set limits = "of at most " ~ most if low is none else "of at least " ~ low %}
            {%- endif %}
            {{ _refuse_var(name, "expected a number " ~ limits ~ or_null) }}
        {%- endif %}
    {%- endif %}
{% endmacro %}

{#- A text, taken for a list, would be one of letters. -#}
{% macro _check_tag_lists() %}
    {%- for name in vars_of_tag_lists() if not _is_list_of_texts(var(name) or []) %}
        {{ _refuse_var(name, "expected a list, such as [rock, pop]") }}
    {%- endfor %}
    {%- set groups = var("vocabulary_merge") or [] %}
    {%- set ns = namespace(are_lists=groups is sequence and groups is not string) %}
    {%- for group in groups if ns.are_lists %}
        {%- set ns.are_lists = _is_list_of_texts(group) == true and group != [] %}
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
    {%- for name in names if shares is mapping and is_number(shares[name]) %}
        {%- do given.append(shares[name]) %}
    {%- endfor %}
    {%- if given | length < 3 or given | min < 0 or not 0 < given | sum < 1e15
        or shares | length > 3 %}
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
