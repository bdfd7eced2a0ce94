"""Every use of Textual's private parts.

Each file says why it is needed, what it is worth where it is for speed, and which tests fail without it. They hold for
the pinned version of Textual: look at each when the pin moves.
"""
