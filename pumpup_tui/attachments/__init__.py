"""Attachments of a request or a task: listed, previewed, saved."""
