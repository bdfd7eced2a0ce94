"""A simulated team and agent, and generated workspaces of any size."""
