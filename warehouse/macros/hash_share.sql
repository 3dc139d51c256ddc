{#- A text's place in [0, 1), the same on every machine and engine: from its md5. -#}
{% macro hash_share(text) -%}
    ('0x' || left(md5({{ text }}), 8))::ubigint / 4294967296
{%- endmacro %}
