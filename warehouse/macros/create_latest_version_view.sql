{#-
    Post-hook of versioned models: the unsuffixed name shows the latest version, so
    that `marts.training_set` and `marts.training_set_v2` are the same rows.
-#}
{% macro create_latest_version_view() %}
    {{ adapter.dispatch('create_latest_version_view')() }}
{% endmacro %}

{% macro default__create_latest_version_view() %}
    {%- if model.version and model.version == model.latest_version %}
        {%- set latest = this.incorporate(path={"identifier": model.name}) %}
        create or replace view {{ latest }} as select * from {{ this }};
        comment on view {{ latest }} is
        '{{ ("Latest version (v" ~ model.version ~ "). " ~ model.description) | replace("'", "''") }}';
    {%- endif %}
{% endmacro %}
