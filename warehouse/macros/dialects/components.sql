{#-
    CTE `<name>` (node, component) of the connected components of a graph, in a model
    that begins with `with recursive` and `before`. The component of a node is the
    smallest node that it can reach.

    edges: name of a CTE with node_a and node_b. before: text of the CTEs that it needs,
    itself included, with the comma after it.
-#}
{% macro components_of(name, edges, before) %}
    {{ adapter.dispatch('components_of')(name, edges, before) }}
{% endmacro %}

{% macro default__components_of(name, edges, before) %}
    {{ name }} (node, component) using key (node) as (

        {{ tag_components(name, edges) }}

    )
{% endmacro %}

{#-
    Spark's recursion can neither group nor end on a cycle. Each round here gives every
    node the smallest component of its neighbours, then that component's own, in tables
    beside the model, until nothing changes: few rounds, each a join that is shared out.
-#}
{% macro spark__components_of(name, edges, before) %}
    {%- set beside = this.schema ~ "." ~ this.identifier ~ "__" ~ name %}
    {%- if execute and flags.WHICH in ["run", "build"] %}
        {%- set ctes = before.strip()[:-1] | replace("\\", "\\\\") %}
        {{ _replace_table(beside ~ "_edges", "with " ~ ctes
            ~ " select node_a, node_b from " ~ edges
            ~ " union select node_b as node_a, node_a as node_b from " ~ edges) }}
        {{ _replace_table(beside, "select node_a as node,"
            ~ " least(node_a, min(node_b)) as component"
            ~ " from " ~ beside ~ "_edges group by node_a") }}
        {%- set rounds = namespace(is_done=false) %}
        {%- for round in range(64) if not rounds.is_done %}
            {{ _replace_table(beside ~ "_next", _next_components(beside)) }}
            {%- set changed = run_query(
                "select count(*) from " ~ beside ~ " as old join " ~ beside
                ~ "_next as new on old.node = new.node"
                ~ " where old.component != new.component"
            ).columns[0].values()[0] %}
            {%- set rounds.is_done = changed | int == 0 %}
            {%- if not rounds.is_done %}
                {%- do run_query("drop table " ~ beside) %}
                {%- do run_query(
                    "alter table " ~ beside ~ "_next rename to " ~ beside
                ) %}
            {%- endif %}
        {%- endfor %}
        {%- do run_query("drop table " ~ beside ~ "_edges") %}
        {%- do run_query("drop table if exists " ~ beside ~ "_next") %}
        {%- if not rounds.is_done %}
            {{ exceptions.raise_compiler_error(
                "the components of " ~ this ~ " are not found after 64 rounds"
            ) }}
        {%- endif %}
    {%- endif %}
    {{ name }} as (

        select
            node,
            component

        from {{ beside }}

    )
{% endmacro %}

{% macro _next_components(beside) %}
    with reached as (
        select edges.node_a as node, min(far.component) as component
        from {{ beside }}_edges as edges
        inner join {{ beside }} as far on edges.node_b = far.node
        group by edges.node_a
    )
    select
        own.node,
        least(own.component, reached.component, beyond.component) as component
    from {{ beside }} as own
    inner join reached on own.node = reached.node
    inner join {{ beside }} as beyond on own.component = beyond.node
{% endmacro %}

{% macro _replace_table(name, query) %}
    {%- do run_query("drop table if exists " ~ name) %}
    {%- do run_query("create table " ~ name ~ " using parquet as " ~ query) %}
{% endmacro %}
