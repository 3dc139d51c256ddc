-- No sound is in two splits of the latest training set, unless excepted.
select
    tracks.sound_sha256,
    count(distinct training_set.split) as n_splits

from {{ ref('training_set') }} as training_set
inner join {{ ref('tracks') }} as tracks
    on
        training_set.source = tracks.source
        and training_set.track_id = tracks.track_id
left join {{ ref('track_exceptions') }} as exceptions
    on
        training_set.source = exceptions.source
        and training_set.track_id = exceptions.track_id
        and exceptions.rule = 'leak_across_splits'
where
    tracks.sound_sha256 is not null
    and exceptions.rule is null
group by tracks.sound_sha256
having count(distinct training_set.split) > 1
