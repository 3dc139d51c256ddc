-- Of tracks with equal sound, v2 keeps one: no link joins two components.
select
    tracks.sound_sha256,
    count(*) as n_tracks

from {{ ref('training_set', v=2) }} as training_set
inner join {{ ref('tracks') }} as tracks
    on
        training_set.source = tracks.source
        and training_set.track_id = tracks.track_id
left join {{ ref('track_exceptions') }} as exceptions
    on
        training_set.source = exceptions.source
        and training_set.track_id = exceptions.track_id
        and exceptions.rule = 'duplicate'
where
    {{ 'sound' in (var('duplicate_reasons') or []) }}
    and tracks.sound_sha256 is not null
    and exceptions.rule is null
group by tracks.sound_sha256
having count(*) > 1
