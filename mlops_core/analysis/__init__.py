"""What runs say when they are laid side by side: pure functions of records."""
