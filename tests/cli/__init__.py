"""Each command through its real process."""
