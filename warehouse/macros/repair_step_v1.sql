{#-
    One link of 2019's repair, within `lambda state, link`: the state of a track's tags
    after it.

    mode: add, remove_general or remove_special; none changes nothing.
-#}
{% macro repair_step_v1(mode) -%}
    {%- set changed = "tag_a" if mode == "remove_special" else "tag_b" -%}
    case
        when
            {{ mode is none }}
            or not list_contains(state['tags'], link['tag_a'])
            or {{ "not" if mode != "add" }} list_contains(state['tags'], link['tag_b'])
            then state
        else
            {
                'tag_a': '',
                'tag_b': '',
                'evidence': '',
                {% if mode == "add" %}
                    'tags': list_append(state['tags'], link['tag_b']),
                {% else %}
                    'tags': list_filter(
                        state['tags'], lambda tag: tag != link['{{ changed }}']
                    ),
                {% endif %}
                'changes': list_append(
                    state['changes'],
                    {'tag': link['{{ changed }}'], 'evidence': link['evidence']}
                )
            }
    end
{%- endmacro %}

{#- Aggregate: the links of 2019's repair in their order. -#}
{% macro link_list() -%}
    {{ adapter.dispatch('link_list')() }}
{%- endmacro %}

{% macro default__link_list() -%}
    list(
        {
            'tag_a': tag_a,
            'tag_b': tag_b,
            'evidence': evidence,
            'tags': []::varchar[],
            'changes': []::struct(tag varchar, evidence varchar)[]
        }
        order by link_number
    )
{%- endmacro %}

{% macro spark__link_list() -%}
    array_sort(array_agg(struct(link_number, tag_a, tag_b, evidence)))
{%- endmacro %}

{#- The state of a track's tags after all links of passes.links: `tags`, `changes`. -#}
{% macro repaired_tags(mode) -%}
    {{ adapter.dispatch('repaired_tags')(mode) }}
{%- endmacro %}

{% macro default__repaired_tags(mode) -%}
    list_reduce(
        passes.links,
        lambda state, link: {{ repair_step_v1(mode) }},
        {
            'tag_a': '',
            'tag_b': '',
            'evidence': '',
            'tags': track_lists.tags,
            'changes': []::struct(tag varchar, evidence varchar)[]
        }
    )
{%- endmacro %}

{% macro spark__repaired_tags(mode) -%}
    {%- set changed = "tag_a" if mode == "remove_special" else "tag_b" -%}
    aggregate(
        passes.links,
        named_struct(
            'tags', track_lists.tags,
            'changes', array()::array<struct<tag: string, evidence: string>>
        ),
        (state, link) -> if(
            {{ mode is none }}
            or not array_contains(state.tags, link.tag_a)
            or {{ "not" if mode != "add" }} array_contains(state.tags, link.tag_b),
            state,
            named_struct(
                'tags',
                {% if mode == "add" %}
                    array_append(state.tags, link.tag_b),
                {% else %}
                    filter(state.tags, tag -> tag != link.{{ changed }}),
                {% endif %}
                'changes',
                array_append(
                    state.changes,
                    named_struct('tag', link.{{ changed }}, 'evidence', link.evidence)
                )
            )
        )
    )
{%- endmacro %}
