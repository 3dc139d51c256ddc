{#-
    A number in a text of evidence: to millionths, without zeros at the end, so that it is
    never rounded to the limit that it breaks. As a decimal, since engines write doubles
    each in its own way; what no decimal holds is written as the engine does.
-#}
{% macro shown(number) -%}
    coalesce(
        {{ replace_all(
            "try_cast(" ~ number ~ " as decimal(38, 6))::string", "\\.?0+$", ""
        ) }},
        ({{ number }})::string
    )
{%- endmacro %}
