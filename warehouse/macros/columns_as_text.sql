{#- The values of some columns as one text. -#}
{% macro columns_as_text(columns) -%}
    array_to_string(
        [
            {%- for column in columns -%}
                coalesce({{ column }}::varchar, 'NULL'){{ ", " if not loop.last }}
            {%- endfor -%}
        ]::varchar[],
        ', '
    )
{%- endmacro %}
