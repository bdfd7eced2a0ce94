"""Shared parts of the tests: places to test over, and what makes things in them."""
