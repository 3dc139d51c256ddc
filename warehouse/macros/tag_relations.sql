{#-
    Bodies of tag_implications, tag_equivalents and tag_unions: what the 2019 project's
    Matrix class said of tags. Probabilities are shares of the tracks with tag_a.
-#}

{% macro tag_implications(version) %}
with

cooccurrence as (

    select * from {{ ref('tag_cooccurrence', v=version) }}

),

implications as (

    select
        tag_a as special_tag,
        tag_b as general_tag,
        n_a as n_special,
        n_b as n_general,
        n_both,
        p_b_given_a as p_general_given_special

    from cooccurrence
    where
        p_b_given_a > {{ var('implication_min_share') }}
        and n_a >= {{ var('relation_min_tracks') }}

)

select * from implications
{% endmacro %}

{% macro tag_equivalents(version) %}
with

cooccurrence as (

    select * from {{ ref('tag_cooccurrence', v=version) }}

),

equivalents as (

    select
        tag_a,
        tag_b,
        n_a,
        n_b,
        n_both,
        p_a_given_b,
        p_b_given_a

    from cooccurrence
    where
        tag_a < tag_b
        and least(p_a_given_b, p_b_given_a) > {{ var('equivalence_min_share') }}
        and least(n_a, n_b) >= {{ var('relation_min_tracks') }}

)

select * from equivalents
{% endmacro %}

{% macro tag_unions(version) %}
{%- set min_share = var('union_min_share') %}
with

cooccurrence as (

    select * from {{ ref('tag_cooccurrence', v=version) }}

),

track_tags as (

    select * from {{ ref('track_tags', v=version) }}

),

tag_counts as (

    select distinct
        tag_a as tag,
        n_a as n_tracks

    from cooccurrence

),

frequent_tags as (

    select tag
    from tag_counts
    where n_tracks >= {{ var('relation_min_tracks') }}
    order by n_tracks desc, tag asc
    limit {{ var('union_max_tags') }}

),

frequent_pairs as (

    select cooccurrence.*
    from cooccurrence
    semi join frequent_tags on cooccurrence.tag_a = frequent_tags.tag
    semi join frequent_tags on cooccurrence.tag_b = frequent_tags.tag

),

-- where one of the two is enough by itself, the union says nothing
candidates as (

    select
        one.tag_a as tag,
        one.tag_b as tag_1,
        other.tag_b as tag_2,
        one.n_a as n_tracks,
        one.n_both + other.n_both as n_summed

    from frequent_pairs as one
    inner join frequent_pairs as other
        on one.tag_a = other.tag_a and one.tag_b < other.tag_b
    where
        greatest(one.p_b_given_a, other.p_b_given_a) <= {{ min_share }}
        and one.p_b_given_a + other.p_b_given_a > {{ min_share }}

),

track_lists as (

    select array_agg(track_tags.tag) as tags
    from track_tags
    semi join frequent_tags on track_tags.tag = frequent_tags.tag
    group by track_tags.source, track_tags.track_id

),

tagged as (

    select
        {{ unnested('tags') }} as tag,
        tags

    from track_lists

),

-- n(1 or 2) = n(1) + n(2) - n(1 and 2), among the tracks with the tag. The few
-- candidates are what is held in memory, not the tracks.
triples as (

    select
        candidates.tag,
        candidates.tag_1,
        candidates.tag_2,
        count(*) as n_all

    from tagged
    inner join candidates on tagged.tag = candidates.tag
    where
        array_contains(tagged.tags, candidates.tag_1)
        and array_contains(tagged.tags, candidates.tag_2)
    group by candidates.tag, candidates.tag_1, candidates.tag_2

),

unions as (

    select
        candidates.tag,
        candidates.tag_1,
        candidates.tag_2,
        candidates.n_tracks,
        candidates.n_summed - coalesce(triples.n_all, 0) as n_either,
        (candidates.n_summed - coalesce(triples.n_all, 0)) / candidates.n_tracks
            as p_either_given_tag

    from candidates
    left join triples
        on
            candidates.tag = triples.tag
            and candidates.tag_1 = triples.tag_1
            and candidates.tag_2 = triples.tag_2

)

select * from unions
where p_either_given_tag > {{ min_share }}
{% endmacro %}
