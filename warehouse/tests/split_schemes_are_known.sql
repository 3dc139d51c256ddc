-- Each scheme that split_by names splits some track; a misspelt one would leave none.
{%- set split_by = var('split_by') -%}
{%- set schemes = [split_by] if split_by is string else split_by or [] %}
with

known_schemes as (

    select split_scheme as scheme from {{ ref('stg_msd__published_splits') }}
    union
    select source as scheme from {{ ref('stg_datasets__tracks') }}
    where split is not null

),

named_schemes as (

    select unnest({{ schemes }}) as scheme
    where {{ split_by not in ['artist', 'track'] }}

),

known_words as (

    select string_agg(', ' || scheme, '' order by scheme) as schemes
    from known_schemes

),

unknown_schemes as (

    select
        'split_by: no list or data set splits tracks by "' || named_schemes.scheme
        || '"; expected artist, track' || coalesce(known_words.schemes, '') as message

    from named_schemes
    anti join known_schemes on named_schemes.scheme = known_schemes.scheme
    cross join known_words

)

{{ raise_contradictions('unknown_schemes') }}
