"""One process a run: starts its trainer, watches it, writes what it says, ends it truthfully."""
