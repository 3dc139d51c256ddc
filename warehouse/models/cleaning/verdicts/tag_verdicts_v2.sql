with

verdicts as (

    select * from {{ ref('clean_tags', v=2) }}

)

select * from verdicts
