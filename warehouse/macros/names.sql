{#- A name of an artist or a song for comparison; NULL if no letter or digit is left. -#}
{% macro normalised_name(column) -%}
    nullif(
        trim(
            {{ replace_all(lower_nfc(column), '[^\\p{L}\\p{M}\\p{N}]+', ' ') }}
        ),
        ''
    )
{%- endmacro %}

{#- 0 to 1: share of letters that need no edit to turn one name into the other. -#}
{% macro name_similarity(one, other) -%}
    1 - levenshtein({{ one }}, {{ other }})
    / greatest(length({{ one }}), length({{ other }}))
{%- endmacro %}

{#-
    The words of a name, to compare lists of different manners: without accents, what
    stands in brackets, guests ("feat."), apostrophes, "the" and "and"; where that
    leaves nothing, as normalised_name.
-#}
{% macro bare_name(column) -%}
    {%- set bare = replace_all(
        lower_without_accents(column),
        "\\(.*?\\)|\\[.*?\\]|" ~ word_start() ~ "(feat|ft|featuring)" ~ word_end()
        ~ ".*$|[''’‘`]",
        ""
    ) -%}
    {%- set bare = replace_all(bare, "[^\\p{L}\\p{M}\\p{N}]+", " ") -%}
    {%- set bare = replace_all(bare, word_start() ~ "(the|and)" ~ word_end() ~ " ?", "") -%}
    coalesce(nullif(trim({{ bare }}), ''), {{ normalised_name(column) }})
{%- endmacro %}

{#- Which alphabets a name is written in, as a text of 0 and 1. -#}
{% macro alphabets(name) -%}
    {%- for script in ["Latin", "Cyrillic", "Greek", "Hebrew", "Arabic", "Hangul"] -%}
        {{ contains_pattern(name, script_pattern(script)) }}::integer
        {{- " || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
    0 to 1: how alike two bare names are, in whatever order their words stand. 1 if one
    begins the other or has all its words; NULL if a name is missing or they share no
    alphabet (a transliteration looks like another name, and is none).
-#}
{% macro bare_name_similarity(one, other) -%}
    case
        when {{ one }} = {{ other }} then 1
        when {{ alphabets(one) }} != {{ alphabets(other) }} then null
        when {{ alphabets(one) }} = '000000' then null
        when
            {{ begins_with(_closed_up(one), _closed_up(other)) }}
            or {{ begins_with(_closed_up(other), _closed_up(one)) }}
            or {{ has_all(words_of(one), words_of(other)) }}
            or {{ has_all(words_of(other), words_of(one)) }}
            then 1
        else
            greatest(
                {{ name_similarity(one, other) }},
                {{ name_similarity(sorted_words(one), sorted_words(other)) }}
            )
    end
{%- endmacro %}

{% macro _closed_up(name) -%}
    replace({{ name }}, ' ', '')
{%- endmacro %}
