"""A stand-in of the hosted service, which has the agent API alone, and what a reviewer sees of it."""
