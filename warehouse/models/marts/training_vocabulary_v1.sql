{{ training_vocabulary(1) }}
