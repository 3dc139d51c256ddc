{{ training_labels(2) }}
