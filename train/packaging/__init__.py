"""A trained model with its features as one graph: samples in, tags out."""
