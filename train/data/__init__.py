"""From an export to batches: which tracks, which windows, how cut and changed."""
