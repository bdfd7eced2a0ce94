"""Metadata schemas: checks of what a project declares and of what satisfies it, in worker processes."""
