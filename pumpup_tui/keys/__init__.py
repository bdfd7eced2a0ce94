"""Key bindings: what they are called, and the keys that a user puts in their place."""
