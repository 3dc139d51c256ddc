{{ training_vocabulary(2) }}
