"""The training loop: epochs over any batches of (features, labels)."""
