{{ config(materialized="table") }}
-- The test that holds this model to the pairs needs them at the same time.
-- depends_on: {{ ref('tags_never_merged') }}
{# What may follow a tag without changing what it means. #}
{% set suffixes = ["music", "song", "songs"] %}

with

vocabulary as (

    select
        vocabulary.clean_tag,
        vocabulary.category,
        categories.is_kept

    from {{ ref('tag_vocabulary') }} as vocabulary
    inner join {{ ref('tag_categories') }} as categories
        on vocabulary.category = categories.category

),

synonyms as (

    select * from {{ ref('tag_synonyms') }}

),

listed as (

    select
        clean_tag,
        clean_tag as spelling,
        'canonical' as method,
        1 as precedence

    from vocabulary

    union all

    select
        clean_tag,
        spelling,
        'synonym' as method,
        2 as precedence

    from synonyms

),

keyed as (

    select
        listed.*,
        {{ tag_key(lower_nfc("listed.spelling")) }} as tag_key,
        vocabulary.category,
        vocabulary.is_kept

    from listed
    inner join vocabulary on listed.clean_tag = vocabulary.clean_tag

),

with_suffixes as (

    {% for suffix in suffixes %}
        select
            clean_tag,
            spelling,
            'suffix' as method,
            3 as precedence,
            tag_key || '{{ suffix }}' as tag_key,
            category,
            is_kept

        from keyed
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- Only what can be counted has a plural, and `blues` is none of `blue`: an s is added
-- to what is listed, never cut.
plurals as (

    select
        clean_tag,
        spelling,
        'plural' as method,
        4 as precedence,
        tag_key || 's' as tag_key,
        category,
        is_kept

    from keyed
    where
        category in ('genre', 'vocal', 'instrument', 'recording')
        and length(tag_key) >= 4
        and right(tag_key, 1) != 's'

),

all_keys as (

    select * from keyed
    union all
    select * from with_suffixes
    union all
    select * from plurals

),

-- What is listed goes before what is derived.
spellings as (

    select
        ----------  ids
        tag_key,

        ----------  text
        clean_tag,
        spelling,
        category,
        method,

        ----------  booleans
        is_kept

    from all_keys
    where tag_key is not null
    qualify
        row_number() over (
            partition by tag_key
            order by precedence, clean_tag, spelling
        ) = 1

)

select * from spellings
