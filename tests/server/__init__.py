"""What the server answers to callers who break the contract."""
