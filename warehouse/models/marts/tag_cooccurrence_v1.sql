{{ tag_cooccurrence(1) }}
