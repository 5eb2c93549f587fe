"""What a run leaves with: a script that trains it anew without this app."""
