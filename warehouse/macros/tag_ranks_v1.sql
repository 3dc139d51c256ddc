{#-
    The order of 2019's clean tags: genres by the rank of the target that names them,
    then the four vocal tags; those have a vocal_rank.

    Reads the CTEs tag_verdicts and tag_pool, both of v1.
-#}
{% macro tag_ranks_v1() %}
    select
        tag_verdicts.clean_tag as tag,
        min(tag_pool.tag_rank) filter (where tag_pool.is_target) as genre_rank,
        {{ position_in(
            ['rap', 'instrumental', 'male', 'female'], 'tag_verdicts.clean_tag'
        ) }}
            as vocal_rank

    from tag_verdicts
    inner join tag_pool
        on
            tag_verdicts.source = tag_pool.source
            and tag_verdicts.tag = tag_pool.tag
    where tag_verdicts.is_kept
    group by tag_verdicts.clean_tag
{% endmacro %}
