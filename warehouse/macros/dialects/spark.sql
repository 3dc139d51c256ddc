{#-
    How models are made on Spark, where that is another statement than dbt's: a
    backslash in our texts stands for itself, as in DuckDB, and contracts name DuckDB's
    types, which tests/warehouse/dbt/test_spark.py compares instead.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language="sql") %}
    create table {{ relation }}
    using {{ config.get("file_format", "parquet") }}
    {{ location_clause() }}
    {{ comment_clause() }}
    as
    {{ compiled_code | replace("\\", "\\\\") }}
{% endmacro %}

{% macro spark__create_view_as(relation, sql) %}
    create or replace view {{ relation }}
    {{ comment_clause() }}
    as
    {{ sql | replace("\\", "\\\\") }}
{% endmacro %}

{#- Parquet tables keep their comments from `create table`. -#}
{% macro spark__persist_docs(relation, model, for_relation, for_columns) %}
{% endmacro %}

{#-
    On the start of a run on Spark: the raw tables are the folders that
    `python -m ingest parquet` wrote; the var raw_parquet says where.
-#}
{% macro mount_raw_tables() %}
    {%- if execute and target.type == "spark" and flags.WHICH in ["run", "build"] %}
        {%- do run_query("create schema if not exists raw") %}
        {%- for source in graph.sources.values() %}
            {%- do run_query(
                "create or replace view raw." ~ source.name ~ " as select * from"
                ~ " parquet.`" ~ var("raw_parquet") ~ "/" ~ source.name ~ "`"
            ) %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- A seed as a table, from its CSV file, which all of the cluster must see. -#}
{% macro spark__load_seed(relation, file, types) %}
    {%- set columns = [] %}
    {#- One more than there should be: the first line may have it. -#}
    {%- set texts = ["one_more string"] %}
    {%- for name, type in types.items() %}
        {%- do columns.append(name ~ " " ~ type | replace("varchar", "string")) %}
        {%- do texts.insert(loop.index0, name ~ " string") %}
    {%- endfor %}
    {%- set rows = relation.identifier ~ "__csv" %}
    {%- do run_query(_view_of_seed(rows, file, "false", texts)) %}
    {%- set found = run_query("select * from " ~ rows ~ " limit 1").rows %}
    {%- set found = found[0].values() | list if found else [] %}
    {%- set is_there = found and found[-1] is not none %}
    {%- do _check_first_line(file, found if is_there else found[:-1], types) %}
    {%- do run_query(_view_of_seed(rows, file, "true", columns)) %}
    {{ _replace_table(relation, "select * from " ~ rows) }}
{% endmacro %}

{% macro _view_of_seed(name, file, header, columns) -%}
    create or replace temporary view {{ name }} ({{ columns | join(", ") }})
    using csv options (
        path {{ quoted(file) }}, header '{{ header }}', escape '"', multiLine 'true'
    )
{%- endmacro %}

{% macro spark__drop_stale_relations() %}
    {%- if execute and flags.WHICH in ["run", "build"] %}
        {%- set known = known_relations() %}
        {%- for schema in ["staging", "cleaning", "marts", "seeds"] %}
            {%- do run_query("create schema if not exists " ~ schema) %}
            {%- set views = run_query("show views in " ~ schema).columns["viewName"].values() %}
            {%- set names = run_query("show tables in " ~ schema).columns["tableName"].values() %}
            {#- What has two lines in its name is the components of a model. -#}
            {%- for name in names if schema ~ "." ~ name not in known and "__" not in name
                or schema == "staging" and schema ~ "." ~ name not in known %}
                {%- set kind = "view" if name in views else "table" %}
                {%- do log("dropping stale " ~ kind ~ " " ~ schema ~ "." ~ name, info=true) %}
                {%- do run_query("drop " ~ kind ~ " if exists " ~ schema ~ "." ~ name) %}
            {%- endfor %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- Exports are made from DuckDB. -#}
{% macro spark__create_builds() %}
{% endmacro %}

{% macro spark__record_build() %}
{% endmacro %}

{#- The functions of docs/queries.md are DuckDB's. -#}
{% macro spark__create_query_functions() %}
{% endmacro %}

{% macro spark__create_latest_version_view() %}
    {%- if model.version and model.version == model.latest_version %}
        create or replace view {{ this.schema }}.{{ model.name }}
        as select * from {{ this }}
    {%- endif %}
{% endmacro %}
