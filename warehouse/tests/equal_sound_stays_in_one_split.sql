-- No sound is in two splits of the latest training set.
select
    tracks.sound_sha256,
    count(distinct training_set.split) as n_splits

from {{ ref('training_set') }} as training_set
inner join {{ ref('tracks') }} as tracks
    on
        training_set.source = tracks.source
        and training_set.track_id = tracks.track_id
where tracks.sound_sha256 is not null
group by tracks.sound_sha256
having count(distinct training_set.split) > 1
