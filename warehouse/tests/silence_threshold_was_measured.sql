-- Clips were measured at the threshold that the silence rules read; at another one
-- every clip would seem to be without silence.
{{ config(severity='warn') }}

select count(*) as n_intervals
from {{ ref('stg_audio__silences') }}
having
    count(*) > 0
    and count(*) filter (where threshold_db = {{ var('silence_threshold_db') }}) = 0
