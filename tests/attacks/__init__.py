"""One bad caller at a time, beside honest ones, against a real server."""
