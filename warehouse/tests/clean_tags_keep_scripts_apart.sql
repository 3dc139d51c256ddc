-- A tag with a letter that is not Latin is merged with nothing: the clean tags of v2
-- are Latin; what another data set gives stays as it is.
select
    source,
    tag,
    clean_tag

from {{ ref('clean_tags', v=2) }}
where
    clean_tag is not null
    and rule != 'as_given'
    and regexp_matches(tag, '[^\p{Latin}\p{Common}\p{Inherited}\P{L}]')
