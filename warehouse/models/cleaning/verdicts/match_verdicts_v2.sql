with

verdicts as (

    select * from {{ ref('clean_matches', v=2) }}

)

select * from verdicts
