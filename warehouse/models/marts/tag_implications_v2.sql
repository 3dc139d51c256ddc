{{ tag_implications(2) }}
