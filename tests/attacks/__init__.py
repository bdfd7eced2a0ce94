"""One bad caller at a time beside honest ones, over a real server on this machine."""
