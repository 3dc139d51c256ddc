{#- What the further lists of the MSD and Last.fm say of a track. -#}
{% macro list_functions() %}
    {% call query_function(
        "similar_tracks_of", "track",
        "Tracks that Last.fm's listeners hear together with a track, the likest first."
    ) %}
        select
            similars.similar_track_id as track_id,
            tracks.artist_name,
            tracks.title,
            similars.similarity
        from {{ ref("stg_lastfm__similars") }} as similars
        left join {{ ref("tracks") }} as tracks
            on
                similars.source = tracks.source
                and similars.similar_track_id = tracks.track_id
        where similars.track_id = track
        order by similars.position
    {% endcall %}

    {% call query_function(
        "versions_of", "track",
        "Tracks that play the same work, by the list of second-hand songs."
    ) %}
        select versions.track_id, versions.artist_id, versions.clique_title
        from {{ ref("stg_msd__cliques") }} as own
        inner join {{ ref("stg_msd__cliques") }} as versions
            on own.clique_number = versions.clique_number
        where own.track_id = track and versions.track_id != track
        order by versions.position
    {% endcall %}

    {% call query_function(
        "artist_terms_of", "track",
        "Terms of the Echo Nest for a track's artist, the heaviest first."
    ) %}
        select terms.term, terms.weight, terms.frequency
        from {{ ref("stg_msd__artist_terms") }} as terms
        where terms.track_id = track
        order by terms.weight desc nulls last, terms.term
    {% endcall %}
{% endmacro %}
