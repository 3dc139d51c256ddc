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

{#-
    The words of a name, to compare lists of different manners: without accents, what
    stands in brackets, guests ("feat."), apostrophes, "the" and "and"; where that
    leaves nothing, as normalised_name.
-#}
{% macro bare_name(column) -%}
    coalesce(
        nullif(trim(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        lower(strip_accents({{ column }})),
                        '\(.*?\)|\[.*?\]|\b(feat|ft|featuring)\b.*$|[''’‘`]',
                        '', 'g'
                    ),
                    '[^\p{L}\p{M}\p{N}]+', ' ', 'g'
                ),
                '\b(the|and)\b ?', '', 'g'
            )
        ), ''),
        {{ normalised_name(column) }}
    )
{%- endmacro %}

{#- Which alphabets a name is written in, as a text of 0 and 1. -#}
{% macro alphabets(name) -%}
    {%- for script in ["Latin", "Cyrillic", "Greek", "Hebrew", "Arabic", "Hangul"] -%}
        regexp_matches({{ name }}, '\p{{ "{" ~ script ~ "}" }}')::integer
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
            starts_with(replace({{ one }}, ' ', ''), replace({{ other }}, ' ', ''))
            or starts_with(replace({{ other }}, ' ', ''), replace({{ one }}, ' ', ''))
            or list_has_all({{ words_of(one) }}, {{ words_of(other) }})
            or list_has_all({{ words_of(other) }}, {{ words_of(one) }})
            then 1
        else
            greatest(
                {{ name_similarity(one, other) }},
                {{ name_similarity(sorted_words(one), sorted_words(other)) }}
            )
    end
{%- endmacro %}

{% macro words_of(name) -%}
    string_split({{ name }}, ' ')
{%- endmacro %}

{% macro sorted_words(name) -%}
    array_to_string(list_sort({{ words_of(name) }}), ' ')
{%- endmacro %}
