"""The HTTP side of a folder: agent and reviewer API."""
