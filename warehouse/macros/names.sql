{#- A name of an artist or a song for comparison; NULL if no letter or digit is left. -#}
{% macro normalised_name(column) -%}
    nullif(
        trim(
            regexp_replace(
                lower(nfc_normalize({{ column }})), '[^\p{L}\p{M}\p{N}]+', ' ', 'g'
            )
        ),
        ''
    )
{%- endmacro %}

{#- 0 to 1: share of letters that need no edit to turn one name into the other. -#}
{% macro name_similarity(one, other) -%}
    1 - levenshtein({{ one }}, {{ other }})
    / greatest(length({{ one }}), length({{ other }}))
{%- endmacro %}
