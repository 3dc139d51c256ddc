{#- Conversion of ids, and facts of a song by any of its ids. -#}
{% macro id_functions() %}
    {%- set tracks = ref("tracks") %}
    {%- set lastfm_tracks = ref("stg_lastfm__tracks") %}
    {%- set lastfm_tags = ref("stg_lastfm__tags") %}

    {% call query_function(
        "sevendigital_id_of", "track", "7digital id of a track.", false
    ) %}
        (select max(t.sevendigital_id) from {{ tracks }} as t where t.track_id = track)
    {% endcall %}

    {% call query_function(
        "tracks_of_sevendigital_id", "number",
        "Tracks that have a 7digital id; several can share one."
    ) %}
        select t.source, t.track_id, t.artist_name, t.title
        from {{ tracks }} as t
        where t.sevendigital_id = number
    {% endcall %}

    {% call query_function(
        "attributes_of", "id",
        "Everything known of the tracks with this track id, song id or 7digital id."
    ) %}
        select t.*
        from {{ tracks }} as t
        where
            t.track_id = id::varchar
            or t.song_id = id::varchar
            or t.sevendigital_id = try_cast(id as bigint)
    {% endcall %}

    {% call query_function(
        "attribute_of", "id, attribute",
        "One column of marts.tracks, as text, by track id, song id or 7digital id."
    ) %}
        select
            t.source,
            t.track_id,
            if(
                list_contains(json_keys(to_json(t)), attribute),
                to_json(t) ->> attribute,
                error('marts.tracks has no column ' || attribute)
            ) as value
        from {{ tracks }} as t
        where
            t.track_id = id::varchar
            or t.song_id = id::varchar
            or t.sevendigital_id = try_cast(id as bigint)
    {% endcall %}

    {% call query_function(
        "lastfm_number_of", "track", "Row number of a track in lastfm_tags.db.", false
    ) %}
        (select min(t.tid_rowid) from {{ lastfm_tracks }} as t where t.track_id = track)
    {% endcall %}

    {% call query_function(
        "track_of_lastfm_number", "number",
        "Track at a row number of lastfm_tags.db.", false
    ) %}
        (select min(t.track_id) from {{ lastfm_tracks }} as t where t.tid_rowid = number)
    {% endcall %}

    {% call query_function(
        "tag_number_of", "raw_tag", "Row number of a raw tag in lastfm_tags.db.", false
    ) %}
        (select min(t.tag_rowid) from {{ lastfm_tags }} as t where t.tag = raw_tag)
    {% endcall %}

    {% call query_function(
        "tag_of_number", "number", "Raw tag at a row number of lastfm_tags.db.", false
    ) %}
        (select min(t.tag) from {{ lastfm_tags }} as t where t.tag_rowid = number)
    {% endcall %}
{% endmacro %}
