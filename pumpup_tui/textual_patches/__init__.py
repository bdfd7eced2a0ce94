"""Every use of Textual's private parts, each with its reason and its test."""
