"""Mutation tests: small changes to the code that everything else rests on, each of which a test should notice."""
