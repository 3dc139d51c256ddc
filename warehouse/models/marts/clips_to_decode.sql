with

matches_v1 as (

    select * from {{ ref('match_verdicts', v=1) }}

),

matches_v2 as (

    select * from {{ ref('match_verdicts', v=2) }}

),

tracks as (

    select * from {{ ref('tracks') }}

),

matches as (

    select
        source,
        track_id,
        path

    from matches_v1
    where is_kept

    union

    select
        source,
        track_id,
        path

    from matches_v2
    where is_kept

),

-- without a tag there is nothing to learn, whatever the clip sounds like
wanted as (

    select distinct matches.path
    from matches
    inner join tracks
        on
            matches.source = tracks.source
            and matches.track_id = tracks.track_id
    where tracks.n_raw_tags > 0

)

select * from wanted
