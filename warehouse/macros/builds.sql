{#-
    marts.builds has a row for each time that dbt made a table or view: when, from which
    models, and with which vars. The row is written in the transaction that makes the
    table, so a run that was killed cannot leave one without the other.
-#}
{% macro create_builds() %}
    {{ adapter.dispatch('create_builds')() }}
{% endmacro %}

{% macro default__create_builds() %}
    {%- if execute and flags.WHICH in ["run", "build"] %}
        {%- do run_query("create schema if not exists marts") %}
        {%- do run_query(
            "create table if not exists marts.builds (model varchar not null,"
            ~ " built_at timestamptz not null, parents varchar[] not null,"
            ~ " vars json not null)"
        ) %}
        {%- for place, comment in {
            "table marts.builds": "When dbt made each model: a row for each time.",
            "column marts.builds.model": "The model, as schema.table.",
            "column marts.builds.built_at": "When the transaction that made it began.",
            "column marts.builds.parents": "The models that it is made of.",
            "column marts.builds.vars": "The dbt vars, by name.",
        }.items() %}
            {%- do run_query("comment on " ~ place ~ " is '" ~ comment ~ "'") %}
        {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- Post-hook of all models. -#}
{% macro record_build() %}
    {{ adapter.dispatch('record_build')() }}
{% endmacro %}

{% macro default__record_build() %}
    {%- if execute %}
        {%- set parents = [] %}
        {%- for name in model.depends_on.nodes if name in graph.nodes %}
            {%- set parent = graph.nodes[name] %}
            {%- if parent.resource_type == "model" %}
                {%- do parents.append(quoted(parent.schema ~ "." ~ parent.alias)) %}
            {%- endif %}
        {%- endfor %}
        insert into marts.builds values (
            {{ quoted(this.schema ~ "." ~ this.identifier) }}, now(),
            [{{ parents | join(", ") }}], {{ quoted(tojson(_vars(), sort_keys=true)) }}
        )
    {%- endif %}
{% endmacro %}

{#- All vars but raw_parquet: a place is no decision. -#}
{% macro _vars() %}
    {%- set values = {} %}
    {%- for name in names_of_vars() if name != "raw_parquet" %}
        {%- do values.update({name: var(name)}) %}
    {%- endfor %}
    {%- do return(values) %}
{% endmacro %}
