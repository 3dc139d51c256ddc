"""A miniature Million Song Dataset in the real file formats, faults included."""
