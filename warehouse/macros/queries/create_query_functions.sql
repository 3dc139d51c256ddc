{#-
    After `dbt run` and `dbt build`: what people ask of the warehouse, as functions of
    the schema marts; docs/queries.md lists them. A table function is called as
    `from marts.tags_of('TR...')`; `recipe := 1` asks the 2019 recipe.

    DuckDB checks the tables when a function is made, so that a first run of a selection
    makes none. It also takes a parameter in HAVING for a column: use a subquery.
-#}
{% macro create_query_functions() %}
    {{ adapter.dispatch('create_query_functions')() }}
{% endmacro %}

{% macro default__create_query_functions() %}
    {%- set statements = [
        id_functions(), lastfm_functions(), list_functions(), track_functions(),
        share_functions()
    ] %}
    {%- if execute and flags.WHICH in ["run", "build"] %}
        {%- set missing = [] %}
        {%- set found = run_query(
            "select table_schema || '.' || table_name from information_schema.tables"
            ~ " where table_catalog = '" ~ target.database ~ "'"
        ).columns[0].values() %}
        {%- for node in graph.nodes.values()
            if node.resource_type == "model"
            and node.schema ~ "." ~ node.alias not in found %}
            {%- do missing.append(node.alias) %}
        {%- endfor %}
        {%- if missing %}
            {%- do log("no query functions yet: not all models are built", info=true) %}
        {%- else %}
            {%- do run_query(statements | join("\n")) %}
        {%- endif %}
    {%- endif %}
{% endmacro %}

{#- A function of the schema marts and its comment. -#}
{% macro query_function(name, parameters, description, returns_table=true) %}
    create or replace macro marts.{{ name }}({{ parameters }}) as
    {{ "table" if returns_table }} {{ caller() }};
    comment on macro {{ "table" if returns_table }} marts.{{ name }} is
    '{{ description.split() | join(" ") | replace("'", "''") }}';
{% endmacro %}

{#- Both versions of a model as one table, of which the parameter `recipe` picks one. -#}
{% macro of_recipe(name) -%}
    (
        select * from {{ ref(name, v=1) }} where recipe = 1
        union all
        select * from {{ ref(name, v=2) }}
        where if(recipe in (1, 2), recipe = 2, error('recipe is 1 or 2, not ' || recipe))
    )
{%- endmacro %}
