{#- Whether a column's value is one of a var's; false for an empty list. -#}
{% macro is_listed(column, values) -%}
    {%- if values -%}
        {{ column }} in (
        {%- for value in values -%}
            '{{ value | replace("'", "''") }}'{{ ", " if not loop.last }}
        {%- endfor -%}
        )
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
