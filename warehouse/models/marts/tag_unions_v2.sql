{{ tag_unions(2) }}
