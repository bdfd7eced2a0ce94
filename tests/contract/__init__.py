"""The contract suite: the same tests over every backend."""
