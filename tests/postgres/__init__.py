"""Tests of what only the store over PostgreSQL has; the contract suite runs over it as over every backend."""
