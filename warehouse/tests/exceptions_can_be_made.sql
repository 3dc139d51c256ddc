-- An exception cannot give a track the clip or the split that it lacks.
with

contradictions as (

    select
        'track_exceptions: no exception can be made from ' || rule || ' (' || track_id
        || '); take the row out' as message

    from {{ ref('track_exceptions') }}
    where {{ is_listed('rule', rules_without_exception()) }}

)

{{ raise_contradictions('contradictions') }}
