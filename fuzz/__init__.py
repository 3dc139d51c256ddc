"""Fuzzing: every reader of Lyre on damaged copies of real files.

A reader may give what it could read, or refuse in one sentence. It may not raise
anything else, crash, hang, or take memory without end. The cases are a function of
their numbers, so that any of them can be made again::

    python -m fuzz                        # every reader, 10,000 cases or 3 minutes each
    python -m fuzz lastfm-db --cases 500
    python -m fuzz lastfm-db --only 17 --keep here
"""
