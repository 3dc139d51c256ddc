{#- Each row is about a row of another table, which the same columns name. -#}
{% test belongs_to(model, to, columns=["source", "track_id"]) %}
    select distinct {{ columns | join(", ") }}
    from {{ model }}
    except
    select {{ columns | join(", ") }}
    from {{ to }}
{% endtest %}
