{{ tag_cooccurrence(2) }}
