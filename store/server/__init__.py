"""The HTTP side of a store: agent and reviewer API."""
