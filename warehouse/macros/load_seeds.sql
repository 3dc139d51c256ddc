{#-
    Before `dbt run`: read the seeds afresh, as `dbt build` does by itself, so that
    `dbt run` works on a new warehouse and never judges by an old list.
-#}
{% macro load_seeds() %}
    {%- if execute and flags.WHICH == "run" %}
        {%- for seed in graph.nodes.values() if seed.resource_type == "seed" %}
            {%- set relation = api.Relation.create(
                database=seed.database, schema=seed.schema, identifier=seed.alias
            ) %}
            {%- set file = seed.root_path ~ "/" ~ seed.original_file_path %}
            {%- do run_query(
                "create schema if not exists " ~ relation.without_identifier()
            ) %}
            {{ load_seed(relation, file, seed.config.column_types) }}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{% macro load_seed(relation, file, types) %}
    {{ adapter.dispatch('load_seed')(relation, file, types) }}
{% endmacro %}

{% macro default__load_seed(relation, file, types) %}
    {%- set columns = [] %}
    {%- set texts = [] %}
    {%- for name, type in types.items() %}
        {%- do columns.append("'" ~ name ~ "': '" ~ type ~ "'") %}
        {%- do texts.append("'" ~ name ~ "': 'varchar'") %}
    {%- endfor %}
    {%- set found = run_query(_rows_of_seed(file, "false", texts) ~ " limit 1").rows %}
    {%- do _check_first_line(file, found[0].values() | list if found else [], types) %}
    {%- do run_query(
        "create or replace table " ~ relation ~ " as "
        ~ _rows_of_seed(file, "true", columns)
    ) %}
{% endmacro %}

{#- Columns go by their place: no engine looks at the names in the first line. -#}
{% macro _check_first_line(file, found, types) %}
    {%- if found != types.keys() | list %}
        {{ exceptions.raise_compiler_error(
            file ~ ": the first line names " ~ found | reject("none") | join(", ")
            ~ "; expected: " ~ types.keys() | join(", ")
        ) }}
    {%- endif %}
{% endmacro %}

{% macro _rows_of_seed(file, header, columns) -%}
    select * from read_csv(
        {{ quoted(file) }}, header = {{ header }}, auto_detect = false, delim = ',',
        quote = '"', escape = '"', columns = { {{- columns | join(", ") -}} }
    )
{%- endmacro %}
