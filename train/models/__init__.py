"""The architectures, a file each, behind one registry."""
