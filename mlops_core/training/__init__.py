"""The trainer: one process for one run, told everything by ``spec.json`` in the run's folder."""
