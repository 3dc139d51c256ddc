{%- set is_changed = var('repair_labels_v1') is not none -%}
{{ config(materialized="table" if is_changed else "view") }}
{{ track_labels(1, is_changed) }}
