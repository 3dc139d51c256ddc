{%- set is_repaired = var('repair_labels') is not none -%}
{%- set is_changed = is_repaired or var('duplicates_share_tags') -%}
{{ config(materialized="table" if is_changed else "view") }}
{{ track_labels(2, is_changed) }}
