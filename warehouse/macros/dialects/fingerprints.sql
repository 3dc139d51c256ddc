{#- Fingerprints, which are lists of numbers of 32 bits. -#}

{#- How many different numbers a list has. -#}
{% macro distinct_numbers(list) -%}
    {{ adapter.dispatch('distinct_numbers')(list) }}
{%- endmacro %}

{% macro default__distinct_numbers(list) -%}
    list_unique({{ list }})
{%- endmacro %}

{% macro spark__distinct_numbers(list) -%}
    array_size(array_distinct({{ list }}))
{%- endmacro %}

{#- A row for each of the 64 smallest numbers after a scramble, with their place. -#}
{% macro sketch_of(fingerprint) -%}
    {{ adapter.dispatch('sketch_of')(fingerprint) }}
{%- endmacro %}

{% macro default__sketch_of(fingerprint) -%}
    unnest(
        list_sort(
            list_transform(
                {{ fingerprint }},
                lambda number, place:
                number::bigint * 1103515245 % 4294967296 * 1024 + place - 1
            )
        )[:64]
    )
{%- endmacro %}

{% macro spark__sketch_of(fingerprint) -%}
    explode(slice(
        array_sort(
            transform(
                {{ fingerprint }},
                (number, place) ->
                number::bigint * 1103515245 % 4294967296 * 1024 + place
            )
        ),
        1, 64
    ))
{%- endmacro %}

{#- A list from a place on, counted from 0. -#}
{% macro part_from(list, place) -%}
    {{ adapter.dispatch('part_from')(list, place) }}
{%- endmacro %}

{% macro default__part_from(list, place) -%}
    {{ list }}[1 + {{ place }}:]
{%- endmacro %}

{% macro spark__part_from(list, place) -%}
    slice({{ list }}, (1 + {{ place }})::integer, array_size({{ list }}))
{%- endmacro %}

{#- How many bits of two lists of numbers differ, up to a length. -#}
{% macro wrong_bits(one, other, length) -%}
    {{ adapter.dispatch('wrong_bits')(one, other, length) }}
{%- endmacro %}

{% macro default__wrong_bits(one, other, length) -%}
    list_sum(
        list_transform(
            {{ one }}[:{{ length }}],
            lambda number, place:
            bit_count(xor(number, {{ other }}[place])::bigint)
        )
    )
{%- endmacro %}

{% macro spark__wrong_bits(one, other, length) -%}
    aggregate(
        zip_with(
            slice({{ one }}, 1, {{ length }}),
            slice({{ other }}, 1, {{ length }}),
            (number, counterpart) -> bit_count(number::bigint ^ counterpart::bigint)
        ),
        0::bigint,
        (total, bits) -> total + bits
    )
{%- endmacro %}
