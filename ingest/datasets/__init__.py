"""Other tag data sets, and people's own, in one form: tracks, and tags of tracks.

Each format has a module that finds its files and reads them into `Rows`; all end in
``raw.dataset_tracks`` and ``raw.dataset_tags``, each data set under its own source.
"""
