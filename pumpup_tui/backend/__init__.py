"""Calls to the backend off the event loop, the live tail, the status, and the messages that carry their results."""
