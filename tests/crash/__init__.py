"""Crashes, races and faults of the disk: a short form in `make test`, the full one by `make crash`."""
