"""A page on this machine that tags the song that is dropped on it."""
