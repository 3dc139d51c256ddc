{#-
    A number in a text of evidence: to millionths, without zeros at the end, so that it is
    never rounded to the limit that it breaks.
-#}
{% macro shown(number) -%}
    {{ replace_all("round(" ~ number ~ ", 6)::varchar", "\\.0$", "") }}
{%- endmacro %}
