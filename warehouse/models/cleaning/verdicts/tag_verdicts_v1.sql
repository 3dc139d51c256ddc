with

verdicts as (

    select * from {{ ref('clean_tags', v=1) }}

)

select * from verdicts
