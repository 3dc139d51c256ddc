{#-
    After `dbt run` and `dbt build`: drop what no model or seed makes any more. dbt
    itself leaves renamed and removed models behind, with old rows that look current.
    The schemas staging, cleaning, marts and seeds belong to dbt alone.
-#}
{% macro drop_stale_relations() %}
    {{ adapter.dispatch('drop_stale_relations')() }}
{% endmacro %}

{% macro default__drop_stale_relations() %}
    {%- if execute and flags.WHICH in ["run", "build"] %}
        {%- set known = known_relations() %}
        {%- set relations = run_query(
            "select table_schema, table_name, table_type from information_schema.tables"
            ~ " where table_catalog = '" ~ target.database ~ "' and table_schema in"
            ~ " ('staging', 'cleaning', 'marts', 'seeds')"
        ) %}
        {%- for schema, name, type in relations.rows
            if schema ~ "." ~ name not in known %}
            {%- set kind = "view" if type == "VIEW" else "table" %}
            {%- do log("dropping stale " ~ kind ~ " " ~ schema ~ "." ~ name, info=true) %}
            {%- do run_query(
                'drop ' ~ kind ~ ' if exists "' ~ schema ~ '"."' ~ name ~ '"'
            ) %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- What models, seeds and hooks make, as schema.name, the latest versions' views too. -#}
{% macro known_relations() %}
    {%- set known = ["marts.builds"] %}
    {%- for node in graph.nodes.values() if node.resource_type in ["model", "seed"] %}
        {%- do known.append(node.schema ~ "." ~ node.alias) %}
        {%- if node.version and node.version == node.latest_version %}
            {%- do known.append(node.schema ~ "." ~ node.name) %}
        {%- endif %}
    {%- endfor %}
    {%- do return(known) %}
{% endmacro %}
