{#-
    Every tag of the vocabulary has enough tracks in every split to be learned and
    measured. The var min_positives_per_split sets how many; 0 allows any.
-#}
{% test every_tag_in_every_split(model) %}
    with

    tags as (

        select distinct unnest(labels) as tag
        from {{ model }}

    ),

    positives as (

        select
            split,
            unnest(labels) as tag

        from {{ model }}

    ),

    counts as (

        select
            tags.tag,
            splits.split,
            count(positives.tag) as n_tracks

        from tags
        cross join (values ('train'), ('validation'), ('test')) as splits (split)
        left join positives
            on tags.tag = positives.tag and splits.split = positives.split
        group by tags.tag, splits.split

    ),

    shortages as (

        select
            'tag ' || tag || ' has ' || n_tracks || ' tracks in ' || split
            || ', fewer than min_positives_per_split' as message

        from counts
        where n_tracks < {{ var('min_positives_per_split') }}

    )

    {{ raise_contradictions('shortages') }}
{% endtest %}
