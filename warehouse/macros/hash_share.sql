{#- A text's place in [0, 1), the same on every machine and engine: from its md5. -#}
{% macro hash_share(text) -%}
    {{ md5_number(text) }} / 4294967296
{%- endmacro %}
