"""LocalBackend over a data folder: lock, journal, head, checkpoint, index, documents."""
