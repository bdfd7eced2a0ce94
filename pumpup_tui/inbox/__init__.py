"""The inbox: the queue of open requests, the request beside it, and deciding it."""
