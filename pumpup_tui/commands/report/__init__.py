"""`report`: decisions with all that belongs to them, as a page that checks itself in a browser, or as Markdown."""
