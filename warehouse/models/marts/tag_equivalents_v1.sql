{{ tag_equivalents(1) }}
