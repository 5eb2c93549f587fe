"""Where trainers run: what a machine has, how a trainer is started on it, watched and ended."""
