{#-
    Body of a recursive CTE that finds connected components:
    `with recursive components (node, component) using key (node) as ({{ ... }})`.
    The component of a node is the smallest node that it can reach.

    name: the CTE's own name. edges: a CTE with node_a and node_b, each edge once.
-#}
{% macro tag_components(name, edges) %}
    select
        node_a as node,
        node_a as component
    from {{ edges }}

    union

    select
        node_b,
        node_b
    from {{ edges }}

    union

    select
        edges.far_node,
        min(reached.component)
    from {{ name }} as reached
    inner join (
        select
            node_a as near_node,
            node_b as far_node
        from {{ edges }}
        union all
        select
            node_b,
            node_a
        from {{ edges }}
    ) as edges
        on reached.node = edges.near_node
    inner join recurring.{{ name }} as known
        on edges.far_node = known.node
    where reached.component < known.component
    group by edges.far_node
{% endmacro %}
