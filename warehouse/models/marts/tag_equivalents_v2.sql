{{ tag_equivalents(2) }}
