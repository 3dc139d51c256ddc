with

tracks as (

    select * from {{ ref('tracks') }}

),

excluded as (

    select * from {{ ref('track_verdicts', v=2) }}

),

track_labels as (

    select * from {{ ref('track_labels', v=2) }}

),

tag_verdicts as (

    select * from {{ ref('tag_verdicts', v=2) }}

),

kept_tracks as (

    select
        source,
        track_id

    from tracks
    except
    select
        source,
        track_id

    from excluded

),

clean_tags as (

    select
        clean_tag as tag,
        min(category) as category,
        count(distinct tag) as n_spellings

    from tag_verdicts
    where clean_tag is not null
    group by clean_tag

),

popularities as (

    select
        track_labels.tag,
        count(*) as n_tracks,
        count(*) as popularity

    from track_labels
    inner join kept_tracks
        on
            track_labels.source = kept_tracks.source
            and track_labels.track_id = kept_tracks.track_id
    group by track_labels.tag

),

ranked as (

    select
        clean_tags.tag,
        clean_tags.category,
        clean_tags.n_spellings,
        coalesce(popularities.n_tracks, 0) as n_tracks,
        coalesce(popularities.popularity, 0) as popularity,
        row_number() over (
            order by coalesce(popularities.popularity, 0) desc, clean_tags.tag asc
        ) as rank

    from clean_tags
    left join popularities on clean_tags.tag = popularities.tag

)

select * from ranked
