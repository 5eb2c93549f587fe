"""From a file somebody has to a typed table that can be trusted."""
