"""A data set to a model to tags: training, evaluation and prediction."""
