{#-
    What DuckDB and Spark say differently of texts. The default is DuckDB's; a model
    calls the macro without prefix. Patterns are the common subset of RE2 and Java, and
    \1 is the first group in both.
-#}

{#- Every occurrence of a pattern, replaced. -#}
{% macro replace_all(text, pattern, replacement) -%}
    {{ adapter.dispatch('replace_all')(text, pattern, replacement) }}
{%- endmacro %}

{% macro default__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement | replace("\\", "$") }}')
{%- endmacro %}

{#- Whether a pattern occurs in a text. -#}
{% macro contains_pattern(text, pattern) -%}
    {{ adapter.dispatch('contains_pattern')(text, pattern) }}
{%- endmacro %}

{% macro default__contains_pattern(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__contains_pattern(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- Whether a pattern is all of a text. -#}
{% macro is_pattern(text, pattern) -%}
    {{ contains_pattern(text, '^(' ~ pattern ~ ')$') }}
{%- endmacro %}

{#- A struct of the two groups of a pattern, `label` and `value`; empty without match. -#}
{% macro label_and_value(text, pattern) -%}
    {{ adapter.dispatch('label_and_value')(text, pattern) }}
{%- endmacro %}

{% macro default__label_and_value(text, pattern) -%}
    regexp_extract({{ text }}, '{{ pattern }}', ['label', 'value'])
{%- endmacro %}

{% macro spark__label_and_value(text, pattern) -%}
    named_struct(
        'label', regexp_extract({{ text }}, '{{ pattern }}', 1),
        'value', regexp_extract({{ text }}, '{{ pattern }}', 2)
    )
{%- endmacro %}

{#- A text in lower case and Unicode's composed form (NFC). -#}
{% macro lower_nfc(text) -%}
    {{ adapter.dispatch('lower_nfc')(text) }}
{%- endmacro %}

{% macro default__lower_nfc(text) -%}
    lower(nfc_normalize({{ text }}))
{%- endmacro %}

{% macro spark__lower_nfc(text) -%}
    {{ _spark_lower(_spark_unicode('compose', text)) }}
{%- endmacro %}

{#- A text in lower case, without the marks on its letters. -#}
{% macro lower_without_accents(text) -%}
    {{ adapter.dispatch('lower_without_accents')(text) }}
{%- endmacro %}

{% macro default__lower_without_accents(text) -%}
    lower(strip_accents({{ text }}))
{%- endmacro %}

{% macro spark__lower_without_accents(text) -%}
    {%- set bare = "regexp_replace(" ~ _spark_unicode('decompose', text) ~ ", '\\p{M}', '')" -%}
    {{ _spark_lower(_spark_unicode('compose', bare)) }}
{%- endmacro %}

{#- Spark brings ICU, and has no functions for it. -#}
{% macro _spark_unicode(method, text) -%}
    reflect('com.ibm.icu.text.Normalizer', '{{ method }}', coalesce({{ text }}, ''), false)
{%- endmacro %}

{#- Java writes a sigma at the end of a word in its own way, and a dot over İ's i. -#}
{% macro _spark_lower(text) -%}
    lower(translate({{ text }}, 'Σİ', 'σi'))
{%- endmacro %}

{#- An integer with commas, such as 1,234,567. -#}
{% macro with_thousands(number) -%}
    {{ adapter.dispatch('with_thousands')(number) }}
{%- endmacro %}

{% macro default__with_thousands(number) -%}
    format('{:,}', {{ number }})
{%- endmacro %}

{% macro spark__with_thousands(number) -%}
    format_string('%,d', {{ number }})
{%- endmacro %}

{#- The first eight digits of a text's md5, as a number. -#}
{% macro md5_number(text) -%}
    {{ adapter.dispatch('md5_number')(text) }}
{%- endmacro %}

{% macro default__md5_number(text) -%}
    ('0x' || left(md5({{ text }}), 8))::ubigint
{%- endmacro %}

{% macro spark__md5_number(text) -%}
    conv(left(md5({{ text }}), 8), 16, 10)::bigint
{%- endmacro %}

{#- In patterns: where a word of ASCII letters begins and ends. Java's \b knows others. -#}
{% macro word_start() -%}
    {{ adapter.dispatch('word_start')() }}
{%- endmacro %}

{% macro default__word_start() -%} \b {%- endmacro %}

{% macro spark__word_start() -%} (?<![A-Za-z0-9_]) {%- endmacro %}

{% macro word_end() -%}
    {{ adapter.dispatch('word_end')() }}
{%- endmacro %}

{% macro default__word_end() -%} \b {%- endmacro %}

{% macro spark__word_end() -%} (?![A-Za-z0-9_]) {%- endmacro %}

{#- The pattern of a letter of a script, such as Latin. -#}
{% macro script_pattern(script) -%}
    {{ adapter.dispatch('script_pattern')(script) }}
{%- endmacro %}

{% macro default__script_pattern(script) -%} \p{{ "{" ~ script ~ "}" }} {%- endmacro %}

{% macro spark__script_pattern(script) -%} \p{{ "{Is" ~ script ~ "}" }} {%- endmacro %}

{#- Whether a text begins with another. -#}
{% macro begins_with(text, beginning) -%}
    {{ adapter.dispatch('begins_with')(text, beginning) }}
{%- endmacro %}

{% macro default__begins_with(text, beginning) -%}
    starts_with({{ text }}, {{ beginning }})
{%- endmacro %}

{% macro spark__begins_with(text, beginning) -%}
    startswith({{ text }}, {{ beginning }})
{%- endmacro %}
