"""A user's own files on this machine, stored between starts: drafts, last view, preferences, where files may go."""
