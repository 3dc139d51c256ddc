{#- Values, where there are any, lie between minimum and maximum, both allowed. -#}
{% test within_range(model, column_name, minimum=none, maximum=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} < {{ minimum if minimum is not none else "'-inf'::double" }}
        or {{ column_name }} > {{ maximum if maximum is not none else "'inf'::double" }}
{% endtest %}
