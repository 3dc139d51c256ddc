{#-
    Key of a tag in one step of the 2019 tag cleaning. Two tags are linked if the keys
    of a step are equal. Only ASCII letters and digits count, so tags in other scripts
    share the empty key: that is what the 2019 code did.

    tag: SQL expression. method: one of the six steps.
-#}
{% macro tag_key_v1(tag, method) -%}
    {%- set joined = "replace(" ~ tag ~ ", ' and ', 'n')" -%}
    {%- set keep = "A-Za-z0-9&" if method.startswith("ampersand") else "A-Za-z0-9" -%}
    {%- set stripped -%}
        {{ replace_all(joined if method == "and_n" else tag, "[^" ~ keep ~ "]", "") }}
    {%- endset -%}
    {%- if method == "ampersand_n" -%}
        lower({{ cut_plural_v1("replace(" ~ stripped ~ ", '&', 'n')") }})
    {%- elif method == "ampersand_and" -%}
        lower({{ cut_plural_v1("replace(" ~ stripped ~ ", '&', 'and')") }})
    {%- elif method == "decade_19" -%}
        lower({{ replace_all(stripped, '^([0-9]0s)', '19\\1') }})
    {%- elif method == "decade_20" -%}
        lower({{ replace_all(stripped, '^([0-9]0s)', '20\\1') }})
    {%- else -%}
        lower({{ cut_plural_v1(stripped) }})
    {%- endif -%}
{%- endmacro %}

{#- A lower-case s at the end goes, unless another stands before it. -#}
{% macro cut_plural_v1(key) -%}
    {{ replace_all(key, '([^s])s$', '\\1') }}
{%- endmacro %}
