with

spellings as (

    select * from {{ ref('tag_spellings') }}

),

labels as (

    select distinct {{ tag_key("lower(nfc_normalize(label))") }} as label_key
    from {{ ref('tag_structure_labels') }}

),

-- The same text can stand in two rows of the source.
tags as (

    select
        source,
        tag,
        min(tag_nfkc) as tag_nfkc

    from {{ ref('stg_lastfm__tags') }}
    where tag is not null
    group by all

),

-- `genre---rock`, `Decade: 80s`: a label, a sign, a value.
split as (

    select
        source,
        tag,
        tag_nfkc,
        {{ tag_key("tag_nfkc") }} as tag_key,
        regexp_extract(
            tag_nfkc,
            '^\s*(\p{L}[\p{L} /]*?)\s*(?:-{2,}|::?|=|>|\|| - )\s*(\S.*)$',
            ['label', 'value']
        ) as parts

    from tags

),

keyed as (

    select
        split.source,
        split.tag,
        split.tag_nfkc,
        split.tag_key,
        split.parts.label,
        {{ tag_key("split.parts.label") }} as label_key,
        {{ tag_key("split.parts.value") }} as value_key

    from split

),

matched as (

    select
        keyed.*,
        coalesce(whole.clean_tag, part.clean_tag) as clean_tag,
        coalesce(whole.category, part.category) as category,
        coalesce(whole.spelling, part.spelling) as spelling,
        coalesce(whole.is_kept, part.is_kept, false) as is_kept,
        case
            when whole.clean_tag = keyed.tag_nfkc then 'canonical'
            when whole.method = 'canonical' then 'compact_key'
            when whole.method is not null then whole.method
            when part.method is not null then 'structured'
        end as method

    from keyed
    left join spellings as whole on keyed.tag_key = whole.tag_key
    left join labels on keyed.label_key = labels.label_key
    left join spellings as part
        on
            whole.tag_key is null
            and labels.label_key is not null
            and keyed.value_key = part.tag_key

),

verdicts as (

    select
        ----------  ids
        source,
        tag,

        ----------  text
        case when is_kept then clean_tag end as clean_tag,
        category,

        ----------  booleans
        is_kept,

        ----------  text
        case
            when is_kept then method
            when clean_tag is not null then 'rejected_' || category
            when
                tag_key is null or not regexp_matches(tag_key, '[\p{L}\p{N}]')
                then 'no_letters'
            when
                regexp_full_match(tag_key, '(1[89]|20)[0-9]{2}')
                then 'rejected_year'
            when regexp_full_match(tag_key, '\p{N}+') then 'rejected_number'
            else 'not_in_vocabulary'
        end as rule,
        case
            when tag_key is null then 'no letter and no digit'
            when clean_tag is null then 'key ''' || tag_key || ''' is not listed'
            when method = 'canonical' then 'in the vocabulary'
            when
                method = 'structured'
                then 'value of the label ''' || label || ''', as ''' || spelling || ''''
            when is_kept then 'as ''' || spelling || ''''
            else 'as ''' || clean_tag || ''''
        end as evidence

    from matched

)

select * from verdicts
