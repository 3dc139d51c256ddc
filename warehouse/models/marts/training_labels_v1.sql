{{ training_labels(1) }}
