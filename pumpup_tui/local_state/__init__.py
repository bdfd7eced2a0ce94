"""What a user's machine stores between two starts: drafts, last view, preferences, and where files may go."""
