"""A user's own files on this machine, stored between two starts: drafts, last view, preferences, and where files may go."""
