"""Sources to raw tables: measures what the sources hold and decides nothing."""
