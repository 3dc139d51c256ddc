-- noqa: disable=PRS,LT01
{#- 1365 samples at 11,025 Hz lie between two numbers of a fingerprint. -#}
{%- set seconds_a_number = 1365 / 11025 %}
with

fingerprints as (

    select * from {{ ref('stg_audio__fingerprints') }}

),

clips as (

    select
        path,
        fingerprint,
        row_number() over (order by path) as clip

    from fingerprints
    -- silence and steady tones repeat a few numbers, and would be like one another
    where {{ distinct_numbers('fingerprint') }} >= 16

),

-- A clip's 64 smallest numbers after a scramble, which is one to one: two clips of one
-- sound pick mostly the same ones. The place, below 1024, is packed behind each.
sketches as (

    select
        clip,
        {{ sketch_of('fingerprint') }} as entry

    from clips

),

numbers as (

    select
        clip,
        entry >> 10 as number,
        entry % 1024 as place

    from sketches

),

-- what many clips have tells nothing
telling_numbers as (

    select number
    from numbers
    group by number
    having count(*) between 2 and 20

),

telling_places as (

    select numbers.*
    from numbers
    inner join telling_numbers on numbers.number = telling_numbers.number

),

-- numbers that two clips share, by how much later they come in the first one
shared_numbers as (

    select
        one.clip as one_clip,
        other.clip as other_clip,
        one.place - other.place as shift,
        count(*) as n_shared

    from telling_places as one
    inner join telling_places as other
        on one.number = other.number and one.clip < other.clip
    group by one.clip, other.clip, one.place - other.place

),

candidates as (

    select
        one_clip,
        other_clip,
        shift

    from shared_numbers
    qualify
        row_number() over (
            partition by one_clip, other_clip
            order by n_shared desc, abs(shift) asc, shift asc
        ) = 1

),

aligned as (

    select
        one.path,
        other.path as other_path,
        candidates.shift,
        {{ part_from('one.fingerprint', 'greatest(candidates.shift, 0)') }}
            as one_part,
        {{ part_from('other.fingerprint', 'greatest(-candidates.shift, 0)') }}
            as other_part,
        least({{ list_length('one_part') }}, {{ list_length('other_part') }})
            as n_compared

    from candidates
    inner join clips as one on candidates.one_clip = one.clip
    inner join clips as other on candidates.other_clip = other.clip

),

compared as (

    select
        *,
        {{ wrong_bits('one_part', 'other_part', 'n_compared') }} as n_wrong_bits

    from aligned
    where
        n_compared * {{ seconds_a_number }}
        >= {{ var('fingerprint_min_overlap_seconds') }}

),

near_duplicates as (

    select
        ----------  ids
        path,
        other_path,

        ----------  numerics
        shift * {{ seconds_a_number }}::double as seconds_later,
        n_compared * {{ seconds_a_number }}::double as overlap_seconds,
        n_wrong_bits / (32.0 * n_compared)::double as bit_error_rate

    from compared
    where n_wrong_bits <= 32 * n_compared * {{ var('fingerprint_max_bit_error_rate') }}

)

select * from near_duplicates
