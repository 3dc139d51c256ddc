{#-
    One verdict a track: by the first rule, in the order of the seed cleaning_rules,
    that takes it and that no exception waives.

    judged: CTE of the tracks (source, track_id). columns: more of its columns to show.
    Reads three further CTEs: `faults` (source, track_id, rule, evidence; a row per
    broken rule), `rules` (cleaning_rules of one version), `exceptions`.

    Exceptions are few and faults many, so that waived faults are taken apart first.
-#}
{% macro first_verdicts(judged, columns=[]) %}
    with

    first_faults as (

        select
            faults.source,
            faults.track_id,
            min_by(faults.rule, coalesce(rules.rule_order, 0)) as rule,
            {{ min_by_or_null('faults.evidence', 'coalesce(rules.rule_order, 0)') }}
                as evidence

        from faults
        left join rules on faults.rule = rules.rule
        anti join exceptions
            on
                faults.source = exceptions.source
                and faults.track_id = exceptions.track_id
                and faults.rule = exceptions.rule
        group by faults.source, faults.track_id

    ),

    waivers as (

        select
            faults.source,
            faults.track_id,
            {{ joined_texts(
                "'excepted from ' || exceptions.rule || ': ' || exceptions.comment",
                "; ", "rules.rule_order"
            ) }} as waiver

        from faults
        inner join exceptions
            on
                faults.source = exceptions.source
                and faults.track_id = exceptions.track_id
                and faults.rule = exceptions.rule
        left join rules on faults.rule = rules.rule
        group by faults.source, faults.track_id

    )

    select
        {{ judged }}.source,
        {{ judged }}.track_id,
        {% for column in columns %}
            {{ judged }}.{{ column }},
        {% endfor %}
        first_faults.rule is null as is_kept,
        first_faults.rule,
        coalesce(first_faults.evidence, waivers.waiver) as evidence

    from {{ judged }}
    left join first_faults
        on
            {{ judged }}.source = first_faults.source
            and {{ judged }}.track_id = first_faults.track_id
    left join waivers
        on
            {{ judged }}.source = waivers.source
            and {{ judged }}.track_id = waivers.track_id
{% endmacro %}
