{#- A text from outside, such as a var's, as a literal of SQL. -#}
{% macro quoted(text) -%}
    '{{ text | string | replace("'", "''") }}'
{%- endmacro %}
