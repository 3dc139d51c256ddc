{#-
    Order of the versions of one recording, the one to keep first: decoded without
    fault, most clean tags, longest sound, highest bit rate, smallest id.

    clips: a CTE with these columns of tracks, and n_tags.
-#}
{% macro best_clip_first(clips) -%}
    ({{ clips }}.audio_status = 'ok') desc nulls last,
    {{ clips }}.n_tags desc,
    {{ clips }}.decoded_seconds desc nulls last,
    {{ clips }}.bit_rate desc nulls last,
    {{ clips }}.track_id asc,
    {{ clips }}.source asc
{%- endmacro %}
