{#-
    Where sound begins and ends in each clip, and the silences in between.

    Reads the CTEs `judged` (source, track_id, path, decoded_seconds) and `silences`
    (path, start_seconds, end_seconds: the silent intervals, those at both ends
    included). Gives effective_seconds (first sound to last), total_seconds and
    longest_seconds of the silences in between. Rounded to microseconds, so that a
    silence of exactly the limit is not lost to binary fractions.
-#}
{% macro sound_extents() %}
    select
        judged.source,
        judged.track_id,
        greatest(
            round(
                coalesce(
                    min(silences.start_seconds) filter (where {{ _is_at_end() }}),
                    judged.decoded_seconds
                )
                - coalesce(
                    max(silences.end_seconds) filter (where {{ _is_at_start() }}), 0
                ),
                6
            ),
            0
        ) as effective_seconds,
        round(coalesce(sum({{ _length() }}) filter (where {{ _is_inside() }}), 0), 6)
            as total_seconds,
        round(coalesce(max({{ _length() }}) filter (where {{ _is_inside() }}), 0), 6)
            as longest_seconds

    from judged
    left join silences on judged.path = silences.path
    group by judged.source, judged.track_id, judged.decoded_seconds
{% endmacro %}

{% macro _length() -%} silences.end_seconds - silences.start_seconds {%- endmacro %}

{% macro _is_at_start() -%} silences.start_seconds <= 1e-6 {%- endmacro %}

{% macro _is_at_end() -%}
    silences.end_seconds >= judged.decoded_seconds - 1e-6
{%- endmacro %}

{% macro _is_inside() -%}
    silences.start_seconds > 1e-6
    and silences.end_seconds < judged.decoded_seconds - 1e-6
{%- endmacro %}

{#- The three rules on the extents; both recipes share them. -#}
{% macro silence_faults() %}
    select
        source,
        track_id,
        'silence_effective_length' as rule,
        {{ shown('effective_seconds') }}
        || ' s from first to last sound < {{ var("silence_min_effective_seconds") }} s'
            as evidence

    from extents
    where effective_seconds < {{ var('silence_min_effective_seconds') }}

    union all

    select
        source,
        track_id,
        'silence_total' as rule,
        'mid silences ' || {{ shown('total_seconds') }}
        || ' s in all > {{ var("silence_max_total_seconds") }} s' as evidence

    from extents
    where total_seconds > {{ var('silence_max_total_seconds') }}

    union all

    select
        source,
        track_id,
        'silence_longest' as rule,
        'longest mid silence ' || {{ shown('longest_seconds') }}
        || ' s > {{ var("silence_max_longest_seconds") }} s' as evidence

    from extents
    where longest_seconds > {{ var('silence_max_longest_seconds') }}
{% endmacro %}
