{{ tag_implications(1) }}
