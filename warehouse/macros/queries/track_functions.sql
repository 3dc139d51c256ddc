{#- Clean tags of tracks, and tracks by their clean tags; every track, kept or not. -#}
{% macro track_functions() %}
    {% call query_function(
        "clean_tag_of", "raw_tag, recipe := 2",
        "Clean tag that a raw tag stands for; NULL if none.", false
    ) %}
        (select min(t.clean_tag) from {{ of_recipe("tag_verdicts") }} as t
        where t.tag = raw_tag)
    {% endcall %}

    {% call query_function(
        "spellings_of", "wanted, recipe := 2", "Raw tags that stand for a clean tag."
    ) %}
        select t.source, t.tag, t.rule, t.evidence
        from {{ of_recipe("tag_verdicts") }} as t
        where t.clean_tag = wanted
        order by t.source, t.tag
    {% endcall %}

    {% call query_function(
        "tags_of", "track, recipe := 2", "Clean tags of a track, the heaviest first."
    ) %}
        select t.tag, t.weight, t.n_pairs
        from {{ of_recipe("track_tags") }} as t
        where t.track_id = track
        order by t.weight desc nulls last, t.tag
    {% endcall %}

    {% call query_function(
        "tags_of_tracks", "tracks, recipe := 2", "Clean tags of each track of a list."
    ) %}
        select t.source, t.track_id, t.tag, t.weight
        from {{ of_recipe("track_tags") }} as t
        where list_contains(tracks, t.track_id)
        order by t.source, t.track_id, t.weight desc nulls last, t.tag
    {% endcall %}

    {% call query_function(
        "tag_counts", "recipe := 2", "How many clean tags each track has."
    ) %}
        select t.source, t.track_id, count(*) as n_tags
        from {{ of_recipe("track_tags") }} as t
        group by t.source, t.track_id
    {% endcall %}

    {% call query_function(
        "tracks_with_at_least", "n, recipe := 2",
        "Tracks with n clean tags or more, the most tagged first."
    ) %}
        select counts.source, counts.track_id, counts.n_tags
        from (
            select t.source, t.track_id, count(*) as n_tags
            from {{ of_recipe("track_tags") }} as t
            group by t.source, t.track_id
        ) as counts
        where counts.n_tags >= n
        order by counts.n_tags desc, counts.source, counts.track_id
    {% endcall %}

    {% call query_function(
        "tracks_with", "wanted, recipe := 2, min_weight := null",
        "Tracks with a clean tag, of a weight above min_weight if given."
    ) %}
        select t.source, t.track_id, t.weight
        from {{ of_recipe("track_tags") }} as t
        where t.tag = wanted and (min_weight is null or t.weight > min_weight)
        order by t.source, t.track_id
    {% endcall %}

    {% call query_function(
        "tracks_with_any", "wanted, recipe := 2",
        "Tracks with any clean tag of a list."
    ) %}
        select distinct t.source, t.track_id
        from {{ of_recipe("track_tags") }} as t
        where list_contains(wanted, t.tag)
        order by t.source, t.track_id
    {% endcall %}

    {% call query_function(
        "tracks_with_all_without", "wanted, unwanted := [], recipe := 2",
        "Tracks with all clean tags of one list, which is not empty, and none of another."
    ) %}
        {{ tracks_by_tags() }}
        order by counts.source, counts.track_id
    {% endcall %}

    {% call query_function(
        "pairs_above", "min_weight, recipe := 2",
        "All pairs of track and clean tag of a weight above a limit."
    ) %}
        select t.source, t.track_id, t.tag, t.weight
        from {{ of_recipe("track_tags") }} as t
        where t.weight > min_weight
    {% endcall %}

    {% call query_function(
        "popularity", "recipe := 2",
        "Clean tags by the number of all their tracks, and of those that are kept."
    ) %}
        select
            t.tag,
            count(*) as n_tracks,
            any_value(tags.n_tracks) as n_kept_tracks,
            row_number() over (order by count(*) desc, t.tag) as rank
        from {{ of_recipe("track_tags") }} as t
        left join {{ of_recipe("tags") }} as tags on t.tag = tags.tag
        group by t.tag
        order by rank
    {% endcall %}
{% endmacro %}

{#- Select of the tracks with all of `wanted` and none of `unwanted`. -#}
{% macro tracks_by_tags() %}
        select counts.source, counts.track_id
        from (
            select
                t.source,
                t.track_id,
                count(*) filter (where list_contains(wanted, t.tag)) as n_wanted,
                count(*) filter (where list_contains(unwanted, t.tag)) as n_unwanted
            from {{ of_recipe("track_tags") }} as t
            where list_contains(wanted || unwanted, t.tag)
            group by t.source, t.track_id
        ) as counts
        where counts.n_wanted = len(list_distinct(wanted)) and counts.n_unwanted = 0
{%- endmacro %}
