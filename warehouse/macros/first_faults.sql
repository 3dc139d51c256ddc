{#-
    The first rule that takes each track, and what a curator's exceptions waived.

    Reads three CTEs of the model: `faults` (source, track_id, rule, evidence; a row
    per broken rule), `rules` (the seed cleaning_rules of one version) and `exceptions`
    (the seed track_exceptions). Gives source, track_id, fault {rule, evidence} and
    waiver; `fault` is NULL where every broken rule is waived.
-#}
{% macro first_faults() %}
    select
        faults.source,
        faults.track_id,
        arg_min(
            {'rule': faults.rule, 'evidence': faults.evidence},
            coalesce(rules.rule_order, 0)
        ) filter (where exceptions.rule is null) as fault,
        string_agg(
            'excepted from ' || exceptions.rule || ': ' || exceptions.comment, '; '
            order by rules.rule_order
        ) as waiver,

    from faults
    left join rules on faults.rule = rules.rule
    left join exceptions
        on
            faults.source = exceptions.source
            and faults.track_id = exceptions.track_id
            and faults.rule = exceptions.rule
    group by faults.source, faults.track_id
{% endmacro %}
