{#-
    The columns name a row of a list that a person writes; what it says stands in the
    columns `says`. Two rows of one name stop dbt, and both are told.
-#}
{% test one_row_each(model, columns, says=[]) %}
    with

    listed as (

        select
            {{ columns_as_text(columns) }} as name,
            {{ columns_as_text(says) }} as meaning

        from {{ model }}

    ),

    contradictions as (

        select
            '{{ model.identifier }} "' || name || '"' || if(
                min(meaning) = max(meaning),
                ' stands in ' || count(*) || ' rows',
                ' (' || min(meaning) || ') contradicts {{ model.identifier }} "'
                || name || '" (' || max(meaning) || ')'
            ) as message

        from listed
        group by name
        having count(*) > 1

    )

    {{ raise_contradictions('contradictions') }}
{% endtest %}
