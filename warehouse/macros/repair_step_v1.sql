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
