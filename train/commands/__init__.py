"""A subcommand of ``python -m train`` a file: what it is told, and what it prints."""
