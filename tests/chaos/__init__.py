"""The real terminal over a network that fails in every way."""
