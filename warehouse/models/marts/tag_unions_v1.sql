{{ tag_unions(1) }}
