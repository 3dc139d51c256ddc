{#- Counts and shares of tracks by several clean tags, as the Matrix class of 2019. -#}
{% macro share_functions() %}
    {% call query_function(
        "count_with_all_without", "wanted, unwanted := [], recipe := 2",
        "Number of tracks with all clean tags of one list, which is not empty, and none of
        another.", false
    ) %}
        (
            select count(*) from ({{ tracks_by_tags() }})
        )
    {% endcall %}

    {% call query_function(
        "count_with_any", "wanted, recipe := 2",
        "Number of tracks with any clean tag of a list.", false
    ) %}
        (
            select count(distinct (t.source, t.track_id))
            from {{ of_recipe("track_tags") }} as t
            where list_contains(wanted, t.tag)
        )
    {% endcall %}

    {% call query_function(
        "share_given", "wanted, given, recipe := 2",
        "P(wanted | given): share of the tracks with the one tag that have the other.",
        false
    ) %}
        (
            select avg(tracks.has_wanted::integer)
            from (
                select
                    bool_or(t.tag = wanted) as has_wanted,
                    bool_or(t.tag = given) as is_given
                from {{ of_recipe("track_tags") }} as t
                where t.tag = wanted or t.tag = given
                group by t.source, t.track_id
            ) as tracks
            where tracks.is_given
        )
    {% endcall %}

    {% call query_function(
        "share_any_given", "wanted, given, recipe := 2",
        "P(any of a list | given): share of the tracks with a tag that have another.",
        false
    ) %}
        (
            select avg(tracks.has_wanted::integer)
            from (
                select
                    bool_or(list_contains(wanted, t.tag)) as has_wanted,
                    bool_or(t.tag = given) as is_given
                from {{ of_recipe("track_tags") }} as t
                where list_contains(wanted, t.tag) or t.tag = given
                group by t.source, t.track_id
            ) as tracks
            where tracks.is_given
        )
    {% endcall %}

    {% call query_function(
        "triples_of", "first_tag, recipe := 2",
        "Pairs of further clean tags on the tracks with a tag, and how many have all three."
    ) %}
        select one.tag as tag_1, other.tag as tag_2, count(*) as n_all
        from {{ of_recipe("track_tags") }} as t
        inner join {{ of_recipe("track_tags") }} as one
            on t.source = one.source and t.track_id = one.track_id
        inner join {{ of_recipe("track_tags") }} as other
            on t.source = other.source and t.track_id = other.track_id
        where
            t.tag = first_tag
            and one.tag < other.tag
            and one.tag != first_tag
            and other.tag != first_tag
        group by one.tag, other.tag
        order by n_all desc, tag_1, tag_2
    {% endcall %}
{% endmacro %}
