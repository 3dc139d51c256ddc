with

source as (

    select * from {{ source('audio', 'audio_fingerprints') }}

),

renamed as (

    select
        ----------  ids
        path,

        ----------  numerics
        fingerprint

    from source

)

select * from renamed
