"""Metadata schemas: what a project may declare, what satisfies it, and a process in which that is looked at."""
