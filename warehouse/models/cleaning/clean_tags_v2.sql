with

spellings as (

    select * from {{ ref('tag_spellings') }}

),

labels as (

    select distinct {{ tag_key(lower_nfc("label")) }} as label_key
    from {{ ref('tag_structure_labels') }}

),

-- The same text can stand in two rows of the source.
lastfm_tags as (

    select
        source,
        tag,
        min(tag_nfkc) as tag_nfkc

    from {{ ref('stg_lastfm__tags') }}
    where tag is not null
    group by all

),

-- Other data sets give the category apart: what is judged is the tag behind it, unless
-- a synonym names both.
dataset_tags as (

    select
        source,
        tag,
        min(tag_nfkc) as tag_nfkc,
        min(category) as given_category

    from {{ ref('stg_datasets__track_tags') }}
    group by source, tag

),

tags as (

    select
        source,
        tag,
        tag_nfkc,
        null as given_category,
        false as is_given

    from lastfm_tags

    union all

    select
        source,
        tag,
        tag_nfkc,
        given_category,
        true as is_given

    from dataset_tags

),

-- `genre---rock`, `Decade: 80s`: a label, a sign, a value.
split as (

    select
        source,
        tag,
        tag_nfkc,
        given_category,
        is_given,
        {{ tag_key("tag_nfkc") }} as tag_key,
        {{ label_and_value(
            "tag_nfkc",
            '(?s)^\\s*(\\p{L}[\\p{L} /]*?)\\s*(?:-{2,}|::?|=|>|\\|| - )\\s*(\\S.*)$'
        ) }} as parts

    from tags

),

keyed as (

    select
        split.source,
        split.tag,
        split.tag_nfkc,
        split.given_category,
        split.is_given,
        split.tag_key,
        split.parts.label,
        {{ tag_key("split.parts.label") }} as label_key,
        {{ tag_key("split.parts.value") }} as value_key

    from split

),

matched as (

    select
        keyed.*,
        coalesce(labelled.clean_tag, whole.clean_tag, part.clean_tag) as clean_tag,
        coalesce(labelled.category, whole.category, part.category) as category,
        coalesce(labelled.spelling, whole.spelling, part.spelling) as spelling,
        coalesce(labelled.is_kept, whole.is_kept, part.is_kept, false) as is_kept,
        case
            when labelled.method is not null then labelled.method
            when whole.clean_tag = keyed.tag_nfkc then 'canonical'
            when whole.method = 'canonical' then 'compact_key'
            when whole.method is not null then whole.method
            when part.method is not null then 'structured'
        end as method

    from keyed
    left join spellings as labelled
        on
            labelled.method = 'synonym'
            and labelled.spelling
            = lower(keyed.given_category) || '---' || trim(keyed.tag_nfkc)
    left join spellings as whole on keyed.tag_key = whole.tag_key
    left join labels on keyed.label_key = labels.label_key
    left join spellings as part
        on
            whole.tag_key is null
            and labels.label_key is not null
            and keyed.value_key = part.tag_key

),

judged as (

    select
        *,
        case
            when is_kept then method
            when clean_tag is not null then 'rejected_' || category
            when
                tag_key is null
                or not {{ contains_pattern('tag_key', '[\\p{L}\\p{N}]') }}
                then 'no_letters'
            when
                {{ is_pattern('tag_key', '(1[89]|20)[0-9]{2}') }}
                then 'rejected_year'
            when {{ is_pattern('tag_key', '\\p{N}+') }} then 'rejected_number'
            when is_given and {{ var('dataset_tags_as_given') }} then 'as_given'
            else 'not_in_vocabulary'
        end as rule

    from matched

),

verdicts as (

    select
        ----------  ids
        source,
        tag,

        ----------  text
        case
            when is_kept then clean_tag
            when rule = 'as_given' then trim(tag_nfkc)
        end as clean_tag,
        case
            when rule = 'as_given' then coalesce(given_category, 'given')
            else category
        end as category,

        ----------  booleans
        is_kept or rule = 'as_given' as is_kept,

        ----------  text
        rule,
        case
            when
                rule = 'as_given'
                then 'a tag of the data set, which the vocabulary does not list'
            when tag_key is null then 'no letter and no digit'
            when clean_tag is null then 'key ''' || tag_key || ''' is not listed'
            when method = 'canonical'
                then 'in the vocabulary' || if(is_kept, '', ', as ' || category)
            when
                method = 'structured'
                then 'value of the label ''' || label || ''', as ''' || spelling || ''''
            when is_kept then 'as ''' || spelling || ''''
            else 'as ''' || clean_tag || ''''
        end as evidence

    from judged

)

select * from verdicts
