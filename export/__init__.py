"""The final table streamed into a data set of shards and a manifest."""
