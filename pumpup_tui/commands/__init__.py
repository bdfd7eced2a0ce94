"""The commands behind `pumpup-tui`: each module is imported when its command runs."""
