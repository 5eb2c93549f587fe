"""From a table to what a model sees: which columns, which rows, prepared how."""
