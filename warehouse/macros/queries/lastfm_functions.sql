{#- Raw tags as they were written: by Last.fm's users, or in another data set. -#}
{% macro lastfm_functions() %}
    {%- set tracks = ref("stg_lastfm__tracks") %}
    {%- set tags = ref("stg_lastfm__tags") %}
    {%- set pairs = ref("stg_lastfm__track_tags") %}
    {%- set dataset_pairs = ref("stg_datasets__track_tags") %}
    {%- set pool = raw_tag_counts() %}
    {%- set popularity = raw_tag_popularity() %}

    {% call query_function(
        "raw_tags_of", "track", "Raw tags of a track, the heaviest first."
    ) %}
        select tags.tag, pairs.weight
        from {{ tracks }} as tracks
        inner join {{ pairs }} as pairs using (source, tid_rowid)
        inner join {{ tags }} as tags using (source, tag_rowid)
        where tracks.track_id = track
        union all
        select others.tag, others.weight
        from {{ dataset_pairs }} as others
        where others.track_id = track
        order by weight desc nulls last, tag
    {% endcall %}

    {% call query_function(
        "tracks_with_raw", "raw_tag, min_weight := null",
        "Tracks with a raw tag exactly as written, of a weight above min_weight if given."
    ) %}
        select tracks.source, tracks.track_id, pairs.weight
        from {{ tags }} as tags
        inner join {{ pairs }} as pairs using (source, tag_rowid)
        inner join {{ tracks }} as tracks using (source, tid_rowid)
        where tags.tag = raw_tag and (min_weight is null or pairs.weight > min_weight)
        union all
        select others.source, others.track_id, others.weight
        from {{ dataset_pairs }} as others
        where
            others.tag = raw_tag and (min_weight is null or others.weight > min_weight)
        order by source, track_id
    {% endcall %}

    {% call query_function(
        "raw_pairs", "min_weight := null",
        "All pairs of track and raw tag, of a weight above min_weight if given."
    ) %}
        select tracks.source, tracks.track_id, tags.tag, pairs.weight
        from {{ pairs }} as pairs
        inner join {{ tags }} as tags using (source, tag_rowid)
        inner join {{ tracks }} as tracks using (source, tid_rowid)
        where min_weight is null or pairs.weight > min_weight
        union all
        select others.source, others.track_id, others.tag, others.weight
        from {{ dataset_pairs }} as others
        where min_weight is null or others.weight > min_weight
    {% endcall %}

    {% call query_function(
        "raw_popularity", "min_count := 1",
        "Raw tags on at least min_count tracks, the most frequent first."
    ) %}
        select pool.tag, pool.n_pairs, pool.tag_rank as rank
        from {{ popularity }} as pool
        where pool.n_pairs >= min_count
        order by pool.tag_rank
    {% endcall %}

    {% call query_function(
        "tags_unmapped", "min_count := 100, recipe := 2",
        "Raw tags on at least min_count tracks that no rule maps and no list rejects, the
        most frequent first: candidates for the vocabulary and its synonyms."
    ) %}
        select pool.source, pool.tag, pool.n_pairs, verdicts.rule
        from {{ pool }} as pool
        inner join {{ of_recipe("tag_verdicts") }} as verdicts using (source, tag)
        where
            pool.n_pairs >= min_count
            and verdicts.rule in ('not_in_vocabulary', 'unmapped', 'below_pool')
        order by pool.n_pairs desc, pool.tag
    {% endcall %}

    {% call query_function(
        "tag_candidates", "word, min_share := 0.9",
        "The most frequent raw tags with a word that begins so, which together make up
        a share of all uses of such tags: candidates for a list of spellings."
    ) %}
        select worded.tag, worded.n_pairs, worded.share, worded.share_so_far
        from (
            select
                pool.tag,
                pool.n_pairs,
                pool.n_pairs / sum(pool.n_pairs) over () as share,
                sum(pool.n_pairs) over (order by pool.tag_rank)
                / sum(pool.n_pairs) over () as share_so_far
            from {{ popularity }} as pool
            where
                pool.n_pairs > 0
                and list_contains(
                    list_transform(
                        regexp_split_to_array(lower(pool.tag), '[^\p{L}\p{M}\p{N}]+'),
                        lambda part: starts_with(part, lower(word))
                    ),
                    true
                )
        ) as worded
        where worded.share_so_far - worded.share < min_share
        order by worded.share_so_far
    {% endcall %}
{% endmacro %}

{#- How many tracks of each source have each raw tag. -#}
{% macro raw_tag_counts() -%}
    (
        select source, tag, n_pairs from {{ ref("tag_pool", v=1) }}
        union all
        select source, tag, count(*) as n_pairs
        from {{ ref("stg_datasets__track_tags") }}
        group by source, tag
    )
{%- endmacro %}

{#- How many tracks of all sources have each raw tag; ties of the rank go by the tag. -#}
{% macro raw_tag_popularity() -%}
    (
        select
            counts.tag,
            sum(counts.n_pairs)::bigint as n_pairs,
            row_number() over (order by sum(counts.n_pairs) desc, counts.tag) as tag_rank
        from {{ raw_tag_counts() }} as counts
        group by counts.tag
    )
{%- endmacro %}
