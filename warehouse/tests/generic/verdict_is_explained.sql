{#- A track is kept or has a rule and evidence; never both, never neither. -#}
{% test verdict_is_explained(model) %}
    select * from {{ model }}
    where
        is_kept is null
        or is_kept != (rule is null)
        or (not is_kept and evidence is null)
{% endtest %}
