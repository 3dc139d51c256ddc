{#-
    Query of a singular test that stops with the contradictions in words, since dbt
    alone would print only how many there are.

    contradictions: a CTE with a column `message`.
-#}
{% macro raise_contradictions(contradictions) %}
    select case when messages is not null then error(messages) end as message
    from (
        select string_agg(distinct message, '; ' order by message) as messages
        from {{ contradictions }}
    )
    where case when messages is not null then error(messages) end is not null
{% endmacro %}
