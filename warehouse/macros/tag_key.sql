{#-
    Compact key of a tag: letters, marks and digits of every script, nothing else, so
    that blanks, hyphens, apostrophes and invisible characters do not matter. `&`, `+`
    and a lone `n` count as "and". NULL if no letter and no digit is left.

    tag: SQL expression of a text under NFKC and case folding (tag_nfkc).
-#}
{% macro tag_key(tag) -%}
    {%- set with_and = replace_all(tag, "[&+]", " and ") -%}
    {%- set with_and = replace_all(
        with_and, "(^|[^\\p{L}\\p{M}\\p{N}])n([^\\p{L}\\p{M}\\p{N}]|$)", "\\1and\\2"
    ) -%}
    {#- Hangul fillers and variation selectors are letters and marks that nobody can
        see. -#}
    nullif(
        {{ replace_all(
            with_and,
            "[^\\p{L}\\p{M}\\p{N}]"
            ~ "|[\\x{115F}\\x{1160}\\x{3164}\\x{034F}\\x{FE00}-\\x{FE0F}]",
            ""
        ) }},
        ''
    )
{%- endmacro %}
