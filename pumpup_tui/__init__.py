"""What a reviewer sees: a Textual app over a Backend."""
