{#- A column of a list that a person writes holds these words; others are told. -#}
{% test is_one_of(model, column_name, words) %}
    with

    contradictions as (

        select
            '{{ model.identifier }}: {{ column_name }} is "' || {{ column_name }}
            || '"; expected: {{ words | join(", ") }}' as message

        from {{ model }}
        where not {{ is_listed(column_name, words) }} and {{ column_name }} is not null

    )

    {{ raise_contradictions('contradictions') }}
{% endtest %}
