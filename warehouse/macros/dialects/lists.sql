{#- What DuckDB and Spark say differently of lists; the default is DuckDB's. -#}

{#- A list of words that are known when the SQL is made. -#}
{% macro text_list(words) -%}
    {{ adapter.dispatch('text_list')(words) }}
{%- endmacro %}

{% macro default__text_list(words) -%}
    {{ words }}
{%- endmacro %}

{% macro spark__text_list(words) -%}
    array(
        {%- for word in words -%}
            {{ quoted(word) }}{{ ", " if not loop.last }}
        {%- endfor -%}
    )::array<string>
{%- endmacro %}

{% macro list_length(list) -%}
    {{ adapter.dispatch('list_length')(list) }}
{%- endmacro %}

{% macro default__list_length(list) -%}
    len({{ list }})
{%- endmacro %}

{% macro spark__list_length(list) -%}
    array_size({{ list }})
{%- endmacro %}

{#- A row for each element. -#}
{% macro unnested(list) -%}
    {{ adapter.dispatch('unnested')(list) }}
{%- endmacro %}

{% macro default__unnested(list) -%}
    unnest({{ list }})
{%- endmacro %}

{% macro spark__unnested(list) -%}
    explode({{ list }})
{%- endmacro %}

{#- Place of a text in a list of words, from 1; NULL if it is none of them. -#}
{% macro position_in(words, text) -%}
    case {{ text }}
        {% for word in words %}
            when {{ quoted(word) }} then {{ loop.index }}
        {% endfor %}
    end
{%- endmacro %}

{#- Aggregate: a list in an order; Spark's own lists have none. -#}
{% macro ordered_list(value, place) -%}
    {{ adapter.dispatch('ordered_list')(value, place) }}
{%- endmacro %}

{% macro default__ordered_list(value, place) -%}
    list({{ value }} order by {{ place }})
{%- endmacro %}

{% macro spark__ordered_list(value, place) -%}
    transform(
        array_sort(array_agg(struct({{ place }} as place, {{ value }} as item))),
        each -> each.item
    )
{%- endmacro %}

{#- Elements of one list, by a list of their places from 0; [] without places. -#}
{% macro at_places(list, places) -%}
    {{ adapter.dispatch('at_places')(list, places) }}
{%- endmacro %}

{% macro default__at_places(list, places) -%}
    coalesce(
        list_transform({{ places }}, lambda place: {{ list }}[place + 1]),
        []
    )
{%- endmacro %}

{% macro spark__at_places(list, places) -%}
    transform(
        coalesce({{ places }}, array()),
        place -> element_at({{ list }}, (place + 1)::integer)
    )
{%- endmacro %}

{#- The words of a text, and whether a list holds all elements of another. -#}
{% macro words_of(text) -%}
    {{ adapter.dispatch('words_of')(text) }}
{%- endmacro %}

{% macro default__words_of(text) -%}
    string_split({{ text }}, ' ')
{%- endmacro %}

{% macro spark__words_of(text) -%}
    split({{ text }}, ' ')
{%- endmacro %}

{% macro has_all(list, others) -%}
    {{ adapter.dispatch('has_all')(list, others) }}
{%- endmacro %}

{% macro default__has_all(list, others) -%}
    list_has_all({{ list }}, {{ others }})
{%- endmacro %}

{% macro spark__has_all(list, others) -%}
    array_size(array_except({{ others }}, {{ list }})) = 0
{%- endmacro %}

{#- The words of a text in alphabetical order. -#}
{% macro sorted_words(text) -%}
    {{ adapter.dispatch('sorted_words')(text) }}
{%- endmacro %}

{% macro default__sorted_words(text) -%}
    array_to_string(list_sort({{ words_of(text) }}), ' ')
{%- endmacro %}

{% macro spark__sorted_words(text) -%}
    array_join(array_sort({{ words_of(text) }}), ' ')
{%- endmacro %}

{#- Whether a list holds any element of another. -#}
{% macro has_any(list, others) -%}
    {{ adapter.dispatch('has_any')(list, others) }}
{%- endmacro %}

{% macro default__has_any(list, others) -%}
    list_has_any({{ list }}, {{ others }})
{%- endmacro %}

{% macro spark__has_any(list, others) -%}
    arrays_overlap({{ list }}, {{ others }})
{%- endmacro %}
