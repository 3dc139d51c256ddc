-- The funnel starts with the songs and ends with the training set, in both recipes.
with

ends as (

    select
        1 as version,
        max(n_left) as n_songs,
        min(n_left) as n_kept,
        max(n_left) - sum(n_excluded) as n_expected

    from {{ ref('cleaning_funnel', v=1) }}

    union all

    select
        2 as version,
        max(n_left) as n_songs,
        min(n_left) as n_kept,
        max(n_left) - sum(n_excluded) as n_expected

    from {{ ref('cleaning_funnel', v=2) }}

),

counts as (

    select
        1 as version,
        (select count(*) from {{ ref('tracks') }}) as n_songs,
        (select count(*) from {{ ref('training_set', v=1) }}) as n_kept

    union all

    select
        2 as version,
        (select count(*) from {{ ref('tracks') }}) as n_songs,
        (select count(*) from {{ ref('training_set', v=2) }}) as n_kept

)

select ends.* from ends
inner join counts on ends.version = counts.version
where
    ends.n_songs != counts.n_songs
    or ends.n_kept != counts.n_kept
    or ends.n_expected != counts.n_kept
