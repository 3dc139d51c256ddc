"""From the final table to a data set on disk: plan, decode, write, label, describe.

`export.stage` is the stage; ``python -m export`` its command line. The
form of what it writes is told in `dataset`.
"""
