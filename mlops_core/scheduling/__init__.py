"""One process a workspace: decides what starts next, and finds what a crash left behind."""
