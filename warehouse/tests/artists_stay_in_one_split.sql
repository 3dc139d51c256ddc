-- By artist, no artist is in two splits; another split_by promises nothing.
select
    artist_key,
    count(distinct split) as n_splits

from {{ ref('splits') }}
where {{ var('split_by') == 'artist' }}
group by artist_key
having count(distinct split) > 1
