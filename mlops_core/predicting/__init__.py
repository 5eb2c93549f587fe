"""The predictor: a process that holds the model of a run and answers questions about it."""
