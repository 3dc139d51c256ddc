{#- What DuckDB and Spark say differently of rows and groups; the default is DuckDB's. -#}

{#- Behind `*`: all columns but these. -#}
{% macro without(columns) -%}
    {{ adapter.dispatch('without')(columns) }}
{%- endmacro %}

{% macro default__without(columns) -%}
    exclude ({{ columns }})
{%- endmacro %}

{% macro spark__without(columns) -%}
    except ({{ columns }})
{%- endmacro %}

{#- Aggregate: the value at the smallest place, or NULL where it is NULL there. -#}
{% macro min_by_or_null(value, place) -%}
    {{ adapter.dispatch('min_by_or_null')(value, place) }}
{%- endmacro %}

{% macro default__min_by_or_null(value, place) -%}
    arg_min_null({{ value }}, {{ place }})
{%- endmacro %}

{% macro spark__min_by_or_null(value, place) -%}
    min_by({{ value }}, {{ place }})
{%- endmacro %}

{#- Aggregate: the value that is not NULL at the smallest place. -#}
{% macro min_by_known(value, place) -%}
    {{ adapter.dispatch('min_by_known')(value, place) }}
{%- endmacro %}

{% macro default__min_by_known(value, place) -%}
    min_by({{ value }}, {{ place }})
{%- endmacro %}

{% macro spark__min_by_known(value, place) -%}
    min_by({{ value }}, {{ place }}) filter (where {{ value }} is not null)
{%- endmacro %}

{#- Aggregate: texts in an order, with a separator in between. -#}
{% macro joined_texts(text, separator, place, is_distinct=false) -%}
    {{ adapter.dispatch('joined_texts')(text, separator, place, is_distinct) }}
{%- endmacro %}

{% macro default__joined_texts(text, separator, place, is_distinct) -%}
    string_agg({{ "distinct" if is_distinct }} {{ text }}, '{{ separator }}' order by {{ place }})
{%- endmacro %}

{% macro spark__joined_texts(text, separator, place, is_distinct) -%}
    listagg({{ "distinct" if is_distinct }} {{ text }}, '{{ separator }}')
    within group (order by {{ place }})
{%- endmacro %}

{#- A hash of columns, to compare within one query alone: the engines' differ. -#}
{% macro row_hash(columns) -%}
    {{ adapter.dispatch('row_hash')(columns) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns }})
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns }})
{%- endmacro %}
