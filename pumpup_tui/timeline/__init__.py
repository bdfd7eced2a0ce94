"""The timeline: events of everything, a project or a task."""
