{#- Whether a column's value is one of a var's; false for an empty list. -#}
{% macro is_listed(column, values) -%}
    {%- if values -%}
        coalesce({{ column }} in (
        {%- for value in values -%}
            {{ quoted(value) }}{{ ", " if not loop.last }}
        {%- endfor -%}
        ), false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
