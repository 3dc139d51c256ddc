{#- A column of a list that a person writes names rows of another table; a wrong name
    is told. -#}
{% test refers_to(model, column_name, to, field) %}
    with

    contradictions as (

        select
            '{{ model.identifier }}: "' || listed.{{ column_name }}
            || '" is no {{ field }} of {{ to.identifier }}' as message

        from {{ model }} as listed
        anti join {{ to }} as known on listed.{{ column_name }} = known.{{ field }}
        where listed.{{ column_name }} is not null

    )

    {{ raise_contradictions('contradictions') }}
{% endtest %}
