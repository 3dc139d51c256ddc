with

track_labels as (

    select * from {{ ref('track_labels', v=2) }}

),

numbered as (

    select
        tag,
        row_number() over (order by count(*) desc, tag asc) as number

    from track_labels
    group by tag

)

select * from numbered
