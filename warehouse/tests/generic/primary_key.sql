{#- The columns name a row: none of them is NULL and no two rows agree in all. -#}
{% test primary_key(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as n_rows,

    from {{ model }}
    group by all
    having
        count(*) > 1
        {% for column in columns %}
            or {{ column }} is null
        {% endfor %}
{% endtest %}
