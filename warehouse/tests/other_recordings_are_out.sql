-- v2 keeps no track that another list names as another recording, unless excepted.
select
    training_set.source,
    training_set.track_id,
    differing_names.named_by

from {{ ref('training_set', v=2) }} as training_set
inner join {{ ref('differing_names') }} as differing_names
    on
        training_set.source = differing_names.source
        and training_set.track_id = differing_names.track_id
left join {{ ref('track_exceptions') }} as exceptions
    on
        training_set.source = exceptions.source
        and training_set.track_id = exceptions.track_id
        and exceptions.rule = 'conflicting_names'
where
    differing_names.artist_similarity < {{ var('other_name_similarity') or 'null' }}
    and differing_names.title_similarity < {{ var('other_name_similarity') or 'null' }}
    and exceptions.rule is null
