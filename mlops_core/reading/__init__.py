"""The reader: a process that opens files on behalf of the app."""
