"""The contract: wire models, commands, errors, the Backend protocol and its HTTP form."""
