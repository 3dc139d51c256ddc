"""The contract between warehouse and trainer: what an exported data set is.

An export is a folder::

    manifest.json                          what it holds and how it was made
    shards/train-00000-of-00008.tfrecord   audio, one record a track
    index/train-00000-of-00008.json        where each record of that shard begins
    labels/training_set.v2.jsonl           labels, one line a track

Audio and labels lie apart, so that cleaner tags never mean decoding again.
"""
