"""The board: a project's tasks in columns by step."""
