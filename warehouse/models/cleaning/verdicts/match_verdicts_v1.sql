with

verdicts as (

    select * from {{ ref('clean_matches', v=1) }}

)

select * from verdicts
