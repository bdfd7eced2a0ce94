"""The store: journal, checkpoint, many processes, faults of the disk."""
